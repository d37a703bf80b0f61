#!/bin/sh

### an error

# configuration-invalid (looked up): vipherd.toml:1:1: a (and 1 more)
# by hand: vipherd check-config lists all of it.
