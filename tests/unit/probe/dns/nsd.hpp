// A real NSD that serves a zone with something of everything, and one that it cannot load. It
// listens on the loopback addresses of a network namespace of the test's own, on port 53.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "unit/probe/dns/process.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::probe::testing {

class Nsd {
 public:
  /// More zones: names of files in `folder`, "NAME.zone" for the zone NAME.
  explicit Nsd(const test::TemporaryDirectory& folder, const std::vector<std::string>& more = {})
      : process_(command(folder, more), 53, folder.path("nsd.log")) {}

  static std::string address() { return "127.0.0.1:53"; }
  static std::string address6() { return "[::1]:53"; }
  void hang() const { process_.signal(SIGSTOP); }
  void go_on() const { process_.signal(SIGCONT); }

 private:
  static std::vector<std::string> command(const test::TemporaryDirectory& folder,
                                          const std::vector<std::string>& more) {
    std::string configuration =
        "server:\n ip-address: 127.0.0.1\n ip-address: ::1\n username: \"\"\n database: \"\"\n"
        " server-count: 1\n";
    for (const auto& [key, file] :
         {std::pair("zonesdir", "."), std::pair("pidfile", "nsd.pid"),
          std::pair("logfile", "nsd.log"), std::pair("xfrdfile", "xfrd.state"),
          std::pair("zonelistfile", "zone.list"), std::pair("xfrdir", ".")}) {
      configuration += std::string(" ") + key + ": \"" + folder.path(file) + "\"\n";
    }
    configuration += "remote-control:\n control-enable: no\n";
    for (const std::string name : {"example.com", "absent.example"}) {
      configuration += zone(name);
    }
    for (const std::string& name : more) configuration += zone(name);
    folder.write("example.com.zone", example_zone());
    return {"/usr/sbin/nsd", "-d", "-c", folder.write("nsd.conf", configuration)};
  }

  static std::string zone(const std::string& name) {
    return "zone:\n name: \"" + name + "\"\n zonefile: \"" + name + ".zone\"\n";
  }

  static std::string example_zone() {
    std::string text =
        "$ORIGIN example.com.\n"
        "$TTL 60\n"
        "@ SOA ns1 hostmaster 2024050601 3600 600 86400 300\n"
        "@ NS ns1\n"
        "@ NS ns2.Example.COM.\n"
        "@ MX 10 mail\n"
        "ns1 A 192.0.2.53\n"
        "ns2 A 192.0.2.54\n"
        "mail A 192.0.2.25\n"
        "www A 192.0.2.1\n"
        "www A 192.0.2.2\n"
        "www AAAA 2001:DB8:0:0:0:0:0:1\n"
        "alias CNAME www\n"
        "twice CNAME alias\n"
        "outside CNAME www.example.net.\n"
        "1 PTR www\n"
        "node TXT \"lb1\"\n"
        "text TXT \"two \" \"strings\"\n"
        "sub NS ns.sub\n"
        "ns.sub A 192.0.2.99\n";
    for (int number = 1; number <= 40; ++number) {
      text += "big TXT \"" + std::to_string(number) + " " + std::string(100, 'x') + "\"\n";
    }
    return text;
  }

  Process process_;
};

}  // namespace vipherd::probe::testing
