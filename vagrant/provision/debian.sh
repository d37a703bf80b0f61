# shellcheck shell=bash
# What the scripts for Debian machines share; to be sourced.
export DEBIAN_FRONTEND=noninteractive

# need PACKAGE...: installs what is missing, over Vagrant's NAT.
need() {
  local missing
  missing=$(for package; do dpkg -s "$package" >/dev/null 2>&1 || echo "$package"; done)
  [ -n "$missing" ] || return 0
  route_to_internet
  apt-get -q update
  # shellcheck disable=SC2086 # words
  apt-get -q -y install --no-install-recommends $missing
}

# put FILE: standard input becomes FILE, which keeps owner and mode; true if that changed it.
put() {
  local new
  new=$(mktemp)
  cat >"$new"
  if cmp -s "$new" "$1"; then
    rm "$new"
    return 1
  fi
  mkdir -p "$(dirname "$1")"
  [ -e "$1" ] || install -m 644 /dev/null "$1"
  cat "$new" >"$1"
  rm "$new"
}

# The route of Vagrant's NAT, which the cable's default route takes the place of.
nat_route=/var/lib/vagrant-nat-route

remember_nat_route() {
  local route
  # Without its metric, so that it can take the place of the cable's.
  route=$(ip -4 route show default | sed -n '1s/^\(default via [^ ]* dev [^ ]*\).*/\1/p')
  if [ -n "$route" ] && [ ! -e "$nat_route" ]; then echo "$route" >"$nat_route"; fi
}

# The cable's default route comes back with the next run of uplink.sh.
route_to_internet() {
  [ -e "$nat_route" ] || return 0
  # shellcheck disable=SC2046 # words
  ip route replace $(cat "$nat_route")
}

# unit NAME DESCRIPTION: has systemd run /usr/local/sbin/NAME at each boot before FRR starts, and now.
unit() {
  chmod 755 "/usr/local/sbin/$1"
  put "/etc/systemd/system/$1.service" <<UNIT || true
[Unit]
Description=$2
# After the NAT's interface, before everything that wants a network.
After=networking.service
Before=network-online.target frr.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/$1

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet "$1.service"
  systemctl restart "$1.service"
}

# name_ports MAC...: what names the cables swp1, swp2 and so on, as a Cumulus does; for a script of unit().
name_ports() {
  local number=0 mac
  cat <<'SCRIPT'
#!/bin/sh
# Written by the provisioning.
set -eu
device_of() { ip -o link | sed -n "s/^[0-9]*: \([^:@]*\)[:@].* link\/ether $1 .*/\1/p"; }
name() {
  # Where it has its name already, a bridge may have its MAC address as well.
  if ! ip -o link show dev "$2" 2>/dev/null | grep -q "link/ether $1 "; then
    device=$(device_of "$1")
    ip link set "$device" down
    ip link set "$device" name "$2"
  fi
  ip link set "$2" up
}
SCRIPT
  for mac; do
    number=$((number + 1))
    echo "name $mac swp$number"
  done
}
