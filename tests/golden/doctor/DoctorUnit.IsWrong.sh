#!/bin/sh

### no systemd

# systemd-absent (looked up): this host was not booted with systemd
# by hand: Nothing, if another supervisor does what deploy/systemd/vipherd.service does.

### no bus

# unit-missing (cannot tell): cannot reach systemd
# by hand: Install deploy/systemd/vipherd.service.

### no unit

# unit-missing (looked up): vipherd.service is not-found
# by hand: Install deploy/systemd/vipherd.service.

### disabled

# unit-not-enabled (looked up): vipherd.service is disabled
systemctl enable vipherd

### masked

# unit-not-enabled (looked up): vipherd.service is masked
systemctl unmask vipherd
systemctl enable vipherd

### masked until the next boot

# unit-not-enabled (looked up): vipherd.service is masked
systemctl unmask --runtime vipherd
systemctl enable vipherd

### failed

# unit-not-active (looked up): vipherd.service is failed
systemctl start vipherd

### an unknown watchdog

# unit-watchdog (cannot tell): systemd tells of it only while the unit runs
# by hand: WatchdogSec=2s in the unit.

### no watchdog

# unit-watchdog (looked up): WatchdogSec= is not set
mkdir -p /etc/systemd/system/vipherd.service.d
printf '[Service]\nWatchdogSec=2s\n' >/etc/systemd/system/vipherd.service.d/watchdog.conf
systemctl daemon-reload
# in force from the agent's next start on: systemctl restart vipherd

### no restart

# unit-restart (looked up): Restart=no
mkdir -p /etc/systemd/system/vipherd.service.d
printf '[Service]\nRestart=always\nRestartSec=1s\nRestartPreventExitStatus=2\n' >/etc/systemd/system/vipherd.service.d/restart.conf
systemctl daemon-reload

### no clean-up

# unit-clean-up (looked up): there is no ExecStopPost=
mkdir -p /etc/systemd/system/vipherd.service.d
printf '[Service]\nExecStopPost=/usr/sbin/vipherd cleanup --config /etc/vipherd/vipherd.toml\n' >/etc/systemd/system/vipherd.service.d/clean-up.conf
systemctl daemon-reload

### killed early

# unit-stop-timeout (looked up): TimeoutStopSec= is 5s, node.shutdown_timeout 10s
# by hand: A TimeoutStopSec= in the unit that is longer than node.shutdown_timeout.

### few files

# unit-open-files (looked up): LimitNOFILE= is 1024
mkdir -p /etc/systemd/system/vipherd.service.d
printf '[Service]\nLimitNOFILE=65536\n' >/etc/systemd/system/vipherd.service.d/files.conf
systemctl daemon-reload
# in force from the agent's next start on: systemctl restart vipherd

### open to all

# control-socket-open (looked up): the socket may be written by all
# by hand: Restart the agent by its unit, which gives the socket to root and group frr alone.

### others in the group

# control-socket-group (looked up): group frr has ops
# by hand: Nothing, if these are operators.
