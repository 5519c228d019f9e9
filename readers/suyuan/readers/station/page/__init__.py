"""The station's own page: served by the agent, with server and network away.

::

    server    a socket and uvicorn inside the agent's event loop
    guard     which requests are let in: Host, origin of forms, PIN; the headers of every answer
    limits    how much a request may bring
    site      the application put together; ``host`` is what it asks of the agent
    pages     templates, words (``words``, both languages), static files
"""
