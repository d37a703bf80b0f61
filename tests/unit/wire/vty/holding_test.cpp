// What the daemons say of a VIP, with every field absent and of another type.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "vipherd/wire/vty/config.hpp"

namespace vipherd::wire::vty {
namespace {

using nlohmann::json;

const IpAddress kVipOfIpv4 = *IpAddress::parse("10.10.10.10");
const IpAddress kVipOfIpv6 = *IpAddress::parse("2001:db8:10::10");

const Holding kIsHeld{Holding::State::held, ""};
const Holding kIsAbsent{Holding::State::absent, ""};

Holding not_read_by(const std::string& daemon) {
  return {Holding::State::unknown, daemon + "'s answer was not understood"};
}

/// A change of a good answer: what stands at `pointer` is replaced, or removed where there is
/// nothing to replace it with.
struct Mutation {
  const char* pointer;
  const char* value;
  Holding outcome;
};

std::string mutated(const json& good, const Mutation& mutation) {
  json changed = good;
  const json::json_pointer pointer(mutation.pointer);
  if (mutation.value != nullptr) {
    changed[pointer] = json::parse(mutation.value);
  } else {
    changed[pointer.parent_pointer()].erase(pointer.back());
  }
  return changed.dump();
}

TEST(VtyHolding, OfBgpdWithOddFields) {
  const json good = json::parse(R"({"paths":[
      {"origin":"IGP","valid":true,"sourced":true,"bestpath":{"overall":true}}]})");
  EXPECT_EQ(parse_bgp_path(good.dump(), kVipOfIpv4), kIsHeld);
  const Holding invalid{Holding::State::blocked,
                        "bgpd has the network statement, but zebra has no route to "
                        "10.10.10.10/32 (import check): it has to be an address on lo",
                        /*without_effect=*/true};
  const Holding unselected{Holding::State::blocked,
                           "bgpd has not selected the path of the network statement"};
  for (const Mutation& mutation : {
           Mutation{"/paths", nullptr, kIsAbsent},
           {"/paths", "7", not_read_by("bgpd")},
           {"/paths", "{}", not_read_by("bgpd")},
           {"/paths", "null", not_read_by("bgpd")},
           {"/paths", "[]", kIsAbsent},
           {"/paths/0", "7", kIsAbsent},
           {"/paths/0", "[]", kIsAbsent},
           {"/paths/0/origin", nullptr, kIsAbsent},
           {"/paths/0/origin", "7", kIsAbsent},
           {"/paths/0/origin", R"("EGP")", kIsAbsent},
           {"/paths/0/sourced", nullptr, kIsAbsent},
           {"/paths/0/sourced", R"("yes")", kIsAbsent},
           {"/paths/0/sourced", "false", kIsAbsent},
           {"/paths/0/valid", nullptr, invalid},
           {"/paths/0/valid", "1", invalid},
           {"/paths/0/valid", "false", invalid},
           {"/paths/0/bestpath", nullptr, unselected},
           {"/paths/0/bestpath", "true", unselected},
           {"/paths/0/bestpath", "{}", unselected},
           {"/paths/0/bestpath/overall", "1", unselected},
           {"/paths/0/bestpath/overall", "false", unselected},
       }) {
    const std::string answer = mutated(good, mutation);
    EXPECT_EQ(parse_bgp_path(answer, kVipOfIpv4), mutation.outcome) << answer;
  }
}

TEST(VtyHolding, OfBgpdNamesTheDeviceOfAVrf) {
  EXPECT_EQ(parse_bgp_path(R"({"paths":[{"origin":"IGP","sourced":true}]})", kVipOfIpv6, "blue"),
            (Holding{Holding::State::blocked,
                     "bgpd has the network statement, but zebra has no route to "
                     "2001:db8:10::10/128 (import check): it has to be an address on blue",
                     /*without_effect=*/true}));
}

TEST(VtyHolding, OfOspfdWithOddFields) {
  const json good = json::parse(
      R"({"routerId":"1.1.1.1","asExternalLinkStates":[{"lsaAge":7,"linkStateId":"10.10.10.10"}]})");
  EXPECT_EQ(parse_ospf_lsa(good.dump(), kVipOfIpv4), kIsHeld);
  for (const Mutation& mutation : {
           Mutation{"/asExternalLinkStates", nullptr, not_read_by("ospfd")},
           {"/asExternalLinkStates", "{}", not_read_by("ospfd")},
           {"/asExternalLinkStates", "null", not_read_by("ospfd")},
           {"/asExternalLinkStates", "[]", kIsAbsent},
           {"/asExternalLinkStates/0", R"("10.10.10.10")", kIsAbsent},
           {"/asExternalLinkStates/0/linkStateId", nullptr, kIsAbsent},
           {"/asExternalLinkStates/0/linkStateId", "7", kIsAbsent},
           {"/asExternalLinkStates/0/lsaAge", nullptr, kIsHeld},
           {"/asExternalLinkStates/0/lsaAge", R"("3600")", kIsHeld},
           {"/asExternalLinkStates/0/lsaAge", "3599", kIsHeld},
           {"/asExternalLinkStates/0/lsaAge", "3600", kIsAbsent},
       }) {
    const std::string answer = mutated(good, mutation);
    EXPECT_EQ(parse_ospf_lsa(answer, kVipOfIpv4), mutation.outcome) << answer;
  }
  for (const char* other : {"", "[]", "7", "% OSPF instance not found", R"({"blue":7})",
                            R"({"blue":{"asExternalLinkStates":[]}})"}) {
    EXPECT_EQ(parse_ospf_lsa(other, kVipOfIpv4), not_read_by("ospfd")) << other;
  }
}

TEST(VtyHolding, OfOspf6dWithOddFields) {
  for (const std::string scope : {"areaScopedLinkStateDb", "asScopedLinkStateDb"}) {
    const json good = {
        {scope, {{{"areaId", "0"}, {"lsa", {{{"age", 7}, {"payload", "2001:db8:10::10/128"}}}}}}}};
    EXPECT_EQ(parse_ospf_lsa(good.dump(), kVipOfIpv6), kIsHeld);
    const std::string area = "/" + scope + "/0";
    const std::string lsa = area + "/lsa/0";
    for (const auto& [pointer, value, outcome] : {
             std::tuple<std::string, const char*, Holding>{"/" + scope, nullptr,
                                                           not_read_by("ospf6d")},
             {"/" + scope, "{}", not_read_by("ospf6d")},
             {"/" + scope, "null", not_read_by("ospf6d")},
             {"/" + scope, "[]", kIsAbsent},
             {area, "7", kIsAbsent},
             {area + "/lsa", nullptr, kIsAbsent},
             {area + "/lsa", "{}", kIsAbsent},
             {area + "/lsa", "[]", kIsAbsent},
             {lsa, R"("2001:db8:10::10/128")", kIsAbsent},
             {lsa + "/payload", nullptr, kIsAbsent},
             {lsa + "/payload", "7", kIsAbsent},
             {lsa + "/payload", R"("2001:db8:10::11/128")", kIsAbsent},
             {lsa + "/age", nullptr, kIsHeld},
             {lsa + "/age", "null", kIsHeld},
             {lsa + "/age", "3600", kIsAbsent},
         }) {
      const std::string answer = mutated(good, {pointer.c_str(), value, outcome});
      EXPECT_EQ(parse_ospf_lsa(answer, kVipOfIpv6), outcome) << answer;
    }
  }
  // What one half lacks the other may have, in whatever order the areas are.
  EXPECT_EQ(parse_ospf_lsa(R"({"areaScopedLinkStateDb":[{"lsa":[]},7],"asScopedLinkStateDb":[
                {"lsa":[{"payload":"::1/128"},{"payload":"2001:db8:10::10/128","age":0}]}]})",
                           kVipOfIpv6),
            kIsHeld);
}

}  // namespace
}  // namespace vipherd::wire::vty
