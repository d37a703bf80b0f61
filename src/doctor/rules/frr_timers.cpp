// How soon a failure without an announcement is noticed, and what holds a change up.
#include <algorithm>
#include <array>
#include <set>

#include "doctor/read/bgp_neighbours.hpp"
#include "doctor/rules/frr_tools.hpp"
#include "vipherd/base/lines.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kSlow{"slow-detection", Severity::notice, Roles::both,
                     "A node or link that dies in silence is noticed only when this time is over: "
                     "until then its share of "
                     "the requests is lost.",
                     "BFD, and short hold and dead times under it: the lines between <timers> "
                     "marks in deploy/frr. OSPF "
                     "needs the same times on both ends."};
constexpr Rule kNoBfdd{"bfdd-absent", Severity::problem, Roles::both,
                       "BFD is configured, but bfdd does not run: a silent failure is noticed by "
                       "hold and dead times alone.",
                       "bfdd=yes in /etc/frr/daemons, and restart FRR."};
constexpr Rule kNoProfile{"bfd-profile-missing", Severity::notice, Roles::both,
                          "bfdd does not know the profile and takes its defaults, 3 times 300 ms.",
                          "Define the profile as in deploy/frr."};
constexpr Rule kMinArrival{"ospf-min-arrival", Severity::notice, Roles::both,
                           "A second change of a VIP within this time is dropped when it arrives, "
                           "and repaired 4 to 10 s later.",
                           "timers lsa min-arrival 0, on the routers above all."};
constexpr Rule kThrottle{
    "ospf-throttle", Severity::notice, Roles::both,
    "A changed router LSA is held back, so an adjacency that comes or goes is known late.",
    "timers throttle lsa all 0"};
constexpr Rule kSpf{"ospf-spf-delay", Severity::notice, Roles::both,
                    "Routes are computed this long after a change.",
                    "timers throttle spf 0 50 500"};
constexpr Rule kWorkQueue{"zebra-work-queue", Severity::notice, Roles::both,
                          "zebra collects routes for 10 ms before it works on them.",
                          "zebra work-queue 0"};
constexpr Rule kMrai{"bgp-advertisement-interval", Severity::notice, Roles::both,
                     "bgpd holds what it has to tell this neighbour for as long.",
                     "neighbor NEIGHBOUR advertisement-interval 0"};

constexpr std::array kTimerRules{&kSlow,     &kNoBfdd, &kNoProfile, &kMinArrival,
                                 &kThrottle, &kSpf,    &kWorkQueue, &kMrai};

constexpr long kPatience = 10;      // seconds
constexpr long kDefaultHold = 180;  // frr defaults traditional
constexpr long kDatacenterHold = 9;
constexpr long kDefaultDead = 40;

/// What the daemons' configurations say of BFD: where, and by which profiles.
struct Bfd {
  bool used = false;
  std::set<std::string> profiles;
};

void add_profile(Bfd& bfd, const std::string& rest) {
  bfd.used = true;
  const std::string profile(word_after(rest, "profile"));
  if (!profile.empty()) bfd.profiles.insert(profile);
}

long number_after(const std::optional<std::string>& words, std::size_t position, long otherwise) {
  if (!words) return otherwise;
  std::string_view rest = *words;
  std::string_view word;
  for (std::size_t at = 0; at <= position; ++at) word = cut_word(rest);
  return parse_number<std::int64_t>(word).value_or(otherwise);
}

void look_at_bgp_timers(const Facts& facts, const Speaker& speaker, Bfd& bfd, Findings& found) {
  const auto config = config_of(facts, "bgpd");
  const auto instance = config ? find_instance(*config, "bgp", speaker.vrf) : std::nullopt;
  if (!instance) return;
  const BgpNeighbours neighbours(*config, *instance);
  const bool datacenter = find_words(*config, "frr defaults").value_or("") == "datacenter";
  const long usual = number_after(find_words(*config, *instance, "", "timers bgp"), 1,
                                  datacenter ? kDatacenterHold : kDefaultHold);
  for (const std::string& name : neighbours.names()) {
    if (!neighbours.is_active(name, speaker.family == Family::ipv4)) continue;
    const auto with_profile = neighbours.find(name, "bfd profile");
    const bool detects = with_profile || neighbours.find(name, "bfd");
    if (detects) add_profile(bfd, with_profile ? "profile " + *with_profile : "");
    auto timers = neighbours.find(name, "timers");
    // `timers connect 1` is none of these.
    if (timers && timers->starts_with("connect")) timers.reset();
    const long hold = number_after(timers, 1, usual);
    if (!detects && hold > kPatience) {
      found.add(kSlow, speaker.name() + ": neighbour " + name + ": hold time " +
                           std::to_string(hold) + " s, no BFD");
    }
    const long interval = number_after(neighbours.find(name, "advertisement-interval"), 0, 0);
    if (interval > 0) {
      found.add(kMrai, "neighbour " + name + ": advertisement-interval " + std::to_string(interval))
          .commands =
          configure(facts, {*instance, "no neighbor " + name + " advertisement-interval"});
    }
  }
}

/// On lo, a dummy or a VRF's device there is no neighbour.
bool has_no_neighbours(const Facts& facts, std::string_view head) {
  cut_words(head, "interface");
  const std::string_view name = cut_word(head);
  if (!facts.kernel.interfaces) return name == "lo";
  return std::ranges::any_of(*facts.kernel.interfaces, [&](const Interface& one) {
    return one.name == name && is_virtual(one);
  });
}

/// The blocks of the interfaces that speak the protocol: by their own lines, by `network P area A`,
/// or, of ospf6d 7.5, by `interface NAME area A`.
std::set<std::string> speaking(const Facts& facts, const FrrConfig& config,
                               const std::string& instance, const std::string& words) {
  std::set<std::string> heads;
  for (const ConfigLine& line : config) {
    std::string_view rest = line.text;
    const bool in_area = cut_words(rest, words) && !word_after(rest, "area").empty();
    if (line.head.starts_with("interface ") && in_area) heads.insert(line.head);
    if (line.head != instance || line.text == line.head) continue;
    rest = line.text;
    if (cut_words(rest, "interface")) heads.insert("interface " + std::string(cut_word(rest)));
    if (!cut_words(rest, "network") || !facts.kernel.interfaces) continue;
    const auto prefix = IpPrefix::parse(cut_word(rest));
    for (const Interface& one : *facts.kernel.interfaces) {
      const bool there = std::ranges::any_of(one.addresses, [&](const InterfaceAddress& address) {
        return prefix && prefix->contains(address.prefix.address);
      });
      if (there) heads.insert("interface " + one.name);
    }
  }
  return heads;
}

void look_at_interfaces(const Facts& facts, const Speaker& speaker, const FrrConfig& config,
                        const std::string& instance, Bfd& bfd, Findings& found) {
  const std::string words = speaker.protocol == "ospf" ? "ip ospf" : "ipv6 ospf6";
  for (const std::string& interface : speaking(facts, config, instance, words)) {
    if (find_words(config, interface, "", words + " passive")) continue;
    if (has_no_neighbours(facts, interface)) continue;
    const auto profile = find_words(config, interface, "", words + " bfd profile");
    const bool detects = profile || find_words(config, interface, "", words + " bfd");
    if (detects) add_profile(bfd, profile ? "profile " + *profile : "");
    const auto dead = find_words(config, interface, "", words + " dead-interval");
    const bool minimal = dead && dead->starts_with("minimal");
    const long seconds = minimal ? 1 : number_after(dead, 0, kDefaultDead);
    if (!detects && seconds > kPatience) {
      found.add(kSlow, speaker.name() + ": " + interface + ": dead interval " +
                           std::to_string(seconds) + " s, no BFD");
    }
  }
}

void look_at_ospf_timers(const Facts& facts, const Speaker& speaker, Bfd& bfd, Findings& found) {
  const auto config = config_of(facts, speaker.daemon);
  const auto instance =
      config ? find_instance(*config, speaker.protocol, speaker.vrf) : std::nullopt;
  if (!instance) return;
  look_at_interfaces(facts, speaker, *config, *instance, bfd, found);
  const auto look = [&](const Rule& rule, const std::string& words, long usual, long most,
                        const std::string& better) {
    const long is = number_after(find_words(*config, *instance, "", words), 0, usual);
    if (is <= most) return;
    found.add(rule, speaker.name() + ": " + words + " " + std::to_string(is) + " ms").commands =
        configure(facts, {*instance, better});
  };
  look(kMinArrival, "timers lsa min-arrival", 1000, 0, "timers lsa min-arrival 0");
  look(kSpf, "timers throttle spf", 0, 100, "timers throttle spf 0 50 500");
  // ospf6d has no such timer.
  if (speaker.protocol != "ospf") return;
  look(kThrottle, "timers throttle lsa all", 5000, 0, "timers throttle lsa all 0");
}

void look_at_bfdd(const Facts& facts, const Bfd& bfd, Findings& found) {
  if (!bfd.used) return;
  const DaemonFacts* daemon = daemon_of(facts, "bfdd");
  if (daemon == nullptr) return;
  if (!daemon->running) {
    const std::string why = "bfdd: " + daemon->running.error().what;
    if (daemon->absent) {
      found.add(kNoBfdd, why);
    } else {
      found.cannot_tell(kNoBfdd, why);
    }
    return;
  }
  const FrrConfig config = parse_frr_config(*daemon->running);
  for (const std::string& profile : bfd.profiles) {
    if (find_words(config, "bfd", "", "profile " + profile)) continue;
    found.add(kNoProfile, "bfdd has no profile " + profile).commands =
        configure(facts, {"bfd", "profile " + profile, "transmit-interval 100",
                          "receive-interval 100", "detect-multiplier 3"});
  }
}

}  // namespace

const Topic kTimerTopic{"FRR's timers", kTimerRules};

void look_at_timers(const Facts& facts, Findings& found) {
  Bfd bfd;
  for (const Speaker& speaker : speakers_of(facts)) {
    if (speaker.protocol == "bgp") {
      look_at_bgp_timers(facts, speaker, bfd, found);
    } else {
      look_at_ospf_timers(facts, speaker, bfd, found);
    }
  }
  look_at_bfdd(facts, bfd, found);
  const auto zebra = config_of(facts, "zebra");
  if (zebra && find_words(*zebra, "zebra work-queue").value_or("10") != "0") {
    found
        .add(kWorkQueue, "zebra work-queue " +
                             find_words(*zebra, "zebra work-queue").value_or("10 ms (default)"))
        .commands = configure(facts, {"zebra work-queue 0"});
  }
}

}  // namespace vipherd::doctor
