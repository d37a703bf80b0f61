// A real zebra and bgpd with VRFs, in network and mount namespaces of their own. The VRFs are
// network namespaces, which need nothing of the kernel, and are VRFs like others to a client
// of FRR.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "unit/temporary_directory.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::test {

class RealFrr {
 public:
  /// With a VRF "blue" from the beginning, for which bgpd has an instance, too.
  RealFrr() {
    std::ofstream(directory_.path("zebra.conf")) << "hostname test\n";
    std::ofstream(directory_.path("bgpd.conf")) << "router bgp 65001\n"
                                                   " bgp router-id 1.1.1.1\n"
                                                   "router bgp 65002 vrf blue\n"
                                                   " bgp router-id 1.1.1.2\n"
                                                   " address-family ipv4 unicast\n"
                                                   "  redistribute openfabric\n";
    // Daemons in the foreground: they end with their group.
    std::ofstream(directory_.path("start.sh"))
        << "set -e\n"
           "trap 'kill -9 0' TERM\n"
           "cd \"$1\"\n"
           "mkdir -p /run/netns && mount -t tmpfs none /run/netns\n"
           "ip link set lo up\n"
           "ip netns add blue && ip -n blue link set lo up\n"
           "chown -R frr:frr . && chmod 755 .\n"
           "run() {\n"
           "  daemon=$1 && shift\n"
           "  /usr/lib/frr/$daemon -f $PWD/$daemon.conf -i $PWD/$daemon.pid -z $PWD/zserv.api \\\n"
           "    --vty_socket $PWD -P 0 --log file:$PWD/$daemon.log \"$@\" >$daemon.out 2>&1 &\n"
           "}\n"
           "run zebra -n\n"
           "until [ -S zserv.api ]; do sleep 0.05; done\n"
           "run bgpd\n"
           "wait\n";
    leader_ = ::fork();
    if (leader_ == 0) {
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a test that crashes leaves nothing behind
      const std::string script = directory_.path("start.sh");
      const std::string folder = directory_.path("");
      ::execlp("unshare", "unshare", "-m", "-n", "sh", script.c_str(), folder.c_str(), nullptr);
      ::_exit(127);
    }
    ::setpgid(leader_, leader_);
  }
  ~RealFrr() {
    ::kill(-leader_, SIGKILL);
    ::waitpid(leader_, nullptr, 0);
  }
  RealFrr(const RealFrr&) = delete;
  RealFrr& operator=(const RealFrr&) = delete;

  model::FrrConfig config() const {
    model::FrrConfig config;
    config.zserv_socket = directory_.path("zserv.api");
    config.zebra_vty_socket = directory_.path("zebra.vty");
    config.protocols = {model::Protocol::bgp};
    return config;
  }
  /// In the daemons' namespaces; what it prints.
  std::string shell(const std::string& command) const {
    const std::string all = "nsenter -t " + std::to_string(leader_) + " -m -n " + command + " 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(all.c_str(), "r"), ::pclose);
    std::string text;
    for (int letter = 0; pipe && (letter = std::fgetc(pipe.get())) != EOF;) {
      text += static_cast<char>(letter);
    }
    return text;
  }
  std::string ask(const std::string& daemon, const std::string& command) const {
    return shell("vtysh --vty_socket " + directory_.path("") + " -d " + daemon + " -c '" + command +
                 "'");
  }

 private:
  TemporaryDirectory directory_;
  pid_t leader_ = -1;
};

}  // namespace vipherd::test
