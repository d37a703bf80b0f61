#!/bin/sh

### no ip
