"""R4 Subscriptions by rest-hook and websocket, fed from the change feed.

`Registry.hook` is a hook of the store and keeps the registry with the Subscription resources;
`FeedReader` turns changes into deliveries of `jobs`, which `RestHook` receives; a websocket asks
`pings`. What is told is what the subscription's principal may see at that moment.
"""

from lanh.core.subscriptions.feed import READER, FeedReader
from lanh.core.subscriptions.notifier import RestHook
from lanh.core.subscriptions.registry import KIND, Registry, Subscription, find, pings, told
from lanh.core.subscriptions.terms import Unusable

__all__ = [
    "KIND",
    "READER",
    "FeedReader",
    "Registry",
    "RestHook",
    "Subscription",
    "Unusable",
    "find",
    "pings",
    "told",
]
