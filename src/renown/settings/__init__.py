"""Settings: read the settings file of a home and environment variables, validate them, freeze them."""

import lazy_loader

# Commands find their home before they need its settings; `__init__.pyi` says where each name is.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
