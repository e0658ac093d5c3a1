"""Every widget; what a page's widgets hold becomes a ``ViewState``.

Widgets keep their values over page changes (``persist_state``). Their keys begin with the page they belong to.
"""
