"""Store: the application's database and the published days."""

import lazy_loader

# A command imports only the modules that it uses; `__init__.pyi` says where each name is.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
