"""The words a ministry system is written in."""

from lanh.kit.system import Page, System, SystemFault, catalogue, installed

__all__ = ["Page", "System", "SystemFault", "catalogue", "installed"]
