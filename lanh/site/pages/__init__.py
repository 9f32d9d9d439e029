"""What fills the ports of the pages (`lanh.core.web.services`), a file a port."""
