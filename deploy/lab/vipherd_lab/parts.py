"""Parts of the lab that it starts inside its own hosts, as processes of their own. Each imports no more than it needs: a lab
starts many of them, and Python's imports take longer than what they do."""


def _supervise():
    from . import supervisor
    return supervisor.main()


def _watch(*addresses):
    from . import fib
    return fib.watch_main(addresses)


def _count(prefix, wanted):
    from . import prefixes
    return prefixes.count_main(prefix, int(wanted))


def _stayers(*arguments):
    from . import stayers
    return stayers.stayers_main(*arguments)


def _client(*arguments):
    from . import client
    return client.client_main(*arguments)


PARTS = {function.__name__: function for function in (_supervise, _watch, _count, _stayers, _client)}
