def add_options(parser):
    pass


def run(arguments, say):
    return 1
