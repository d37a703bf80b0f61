// What is refused, and what follows from a configuration. Whole texts are in tests/golden/render.
#include "vipherd/render/render.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace vipherd::render {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
IpPrefix network(std::string_view text) { return IpPrefix::parse(text).value(); }

model::Config node_config() {
  model::Config config;
  config.vips.pool = {network("10.10.10.0/24"), network("2001:db8:10::/64")};
  model::ServiceConfig service;
  service.name = "web";
  service.vips = {address("10.10.10.10")};
  config.services.push_back(service);
  return config;
}

model::RenderAnswers node_answers() {
  model::RenderAnswers answers;
  answers.node_as = 65001;
  answers.router_as = 65000;
  answers.routers = {address("192.168.100.1"), address("fd00:192::1")};
  answers.interfaces = {"eth1"};
  answers.router_id = address("192.168.100.2");
  return answers;
}

Rendered render_for(std::string_view platform, const model::RenderAnswers& answers) {
  return render_router(*find_platform(platform), node_config().vips.pool, answers);
}

TEST(RenderNode, NamesEverythingThatIsMissingAtOnce) {
  const Rendered rendered = render_node(node_config(), {});
  EXPECT_EQ(rendered.text, "");
  EXPECT_THAT(rendered.errors, ElementsAre(HasSubstr("--router-id"), HasSubstr("--node-as"),
                                           HasSubstr("--router-as"),
                                           AllOf(HasSubstr("IPv4"), HasSubstr("--router ADDRESS")),
                                           AllOf(HasSubstr("IPv6"), HasSubstr("--router ADDRESS")),
                                           HasSubstr("--interface")));
}

TEST(RenderNode, NeedsOnlyWhatTheProtocolNeeds) {
  model::RenderAnswers answers;
  answers.router_id = address("192.168.100.2");
  answers.interfaces = {"eth1"};
  answers.protocol = model::Routing::ospf;
  EXPECT_THAT(render_node(node_config(), answers).errors, IsEmpty());
  answers.protocol = model::Routing::bgp;
  answers.unnumbered = true;
  EXPECT_THAT(render_node(node_config(), answers).errors, ElementsAre(HasSubstr("--node-as")));
}

TEST(RenderNode, RefusesWhatMakesNoSense) {
  model::RenderAnswers answers = node_answers();
  answers.router_as = 65001;
  answers.router_id = address("10.10.10.10");
  answers.interfaces = {"eth1", "e;reboot", "$(x)"};
  EXPECT_THAT(render_node(node_config(), answers).errors,
              ElementsAre(HasSubstr("is in the pool"), HasSubstr("two ASes"),
                          HasSubstr("name of a network interface"), HasSubstr("$(x)")));
  answers = node_answers();
  answers.router_id = address("fd00::1");
  answers.unnumbered = true;
  answers.protocol = model::Routing::both;
  EXPECT_THAT(render_node(node_config(), answers).errors,
              ElementsAre(HasSubstr("--protocol bgp"), HasSubstr("expected an IPv4 address")));
}

TEST(RenderNode, TakesTheProtocolsOfTheConfiguration) {
  model::Config config = node_config();
  config.frr.protocols = {model::Protocol::ospf};
  EXPECT_THAT(render_node(config, node_answers()).text,
              AllOf(HasSubstr("\nrouter ospf\n"), Not(HasSubstr("router bgp"))));
  config.frr.protocols = {model::Protocol::bgp};
  EXPECT_THAT(render_node(config, node_answers()).text,
              AllOf(HasSubstr("\nrouter bgp 65001\n"), Not(HasSubstr("router ospf"))));
}

TEST(RenderNode, HasTheInstancesOfTheVrfOfTheServices) {
  model::Config config = node_config();
  config.services.front().vrf = "blue";
  EXPECT_THAT(render_node(config, node_answers()).text,
              AllOf(HasSubstr("\nrouter bgp 65001 vrf blue\n"),
                    HasSubstr("\nrouter ospf vrf blue\n"), HasSubstr("\nrouter ospf6 vrf blue\n")));
  config.services.push_back(node_config().services.front());
  EXPECT_THAT(render_node(config, node_answers()).errors,
              ElementsAre(AllOf(HasSubstr("default, blue"), HasSubstr("--vrf"))));
  model::RenderAnswers answers = node_answers();
  answers.vrf = "";
  EXPECT_THAT(render_node(config, answers).text, HasSubstr("\nrouter bgp 65001\n"));
}

TEST(RenderNode, RedistributesTheRouteTypeOfTheConfiguration) {
  model::Config config = node_config();
  config.frr.route_type = model::RouteType::babel;
  EXPECT_THAT(render_node(config, node_answers()).text,
              AllOf(HasSubstr("redistribute babel route-map VIPHERD6\n"),
                    Not(HasSubstr("redistribute openfabric"))));
}

TEST(RenderNode, LetsTheTagsOfTheConfigurationThrough) {
  model::Config config = node_config();
  config.services.front().route.tag = 300;
  config.services.front().drain.route.tag = 400;
  const std::string text = render_node(config, node_answers()).text;
  EXPECT_THAT(text, HasSubstr(" match tag 300\nexit\n"));
  EXPECT_THAT(text, HasSubstr(" match tag 400\n set community graceful-shutdown additive\n"));
  // A tag of the usual weights keeps its meaning.
  config.services.front().route.tag = 105;
  EXPECT_THAT(render_node(config, node_answers()).text, HasSubstr("match tag 105\n set extcomm"));
}

TEST(RenderRouter, NamesEverythingThatIsMissingAtOnce) {
  for (const Platform& platform : platforms()) {
    if (!platform.bgp) continue;
    const Rendered rendered = render_for(platform.name, {});
    EXPECT_EQ(rendered.text, "") << platform.name;
    EXPECT_THAT(rendered.errors, AllOf(Contains(HasSubstr("--router-id")),
                                       Contains(HasSubstr("--nodes")), Contains(HasSubstr("-as"))))
        << platform.name;
  }
  EXPECT_THAT(render_router(*find_platform("frr"), {}, {}).errors, Contains(HasSubstr("--pool")));
}

TEST(RenderRouter, RefusesWhatThePlatformCannotDo) {
  model::RenderAnswers answers = node_answers();
  answers.nodes = {network("192.168.100.0/24"), network("fd00:192::/64")};
  answers.protocol = model::Routing::ospf;
  EXPECT_THAT(render_for("gobgp", answers).errors, ElementsAre(HasSubstr("speaks no OSPF")));
  EXPECT_THAT(render_for("iproute2", answers).errors,
              ElementsAre(HasSubstr("192.168.100.0/24"), HasSubstr("fd00:192::/64")));
  answers.protocol = model::Routing::both;
  EXPECT_THAT(render_for("gobgp", answers).errors, IsEmpty());
  answers.unnumbered = true;
  EXPECT_THAT(render_for("bird", answers).errors, Contains(HasSubstr("--unnumbered")));
}

TEST(RenderRouter, TakesNamesOfPortsWithSlashesWhereThereAreSuch) {
  model::RenderAnswers answers = node_answers();
  answers.nodes = {network("192.168.100.0/24"), network("fd00:192::/64")};
  answers.interfaces = {"GigabitEthernet0/0/1"};
  EXPECT_THAT(render_for("cisco-iosxe", answers).errors, IsEmpty());
  EXPECT_THAT(render_for("frr", answers).errors, Contains(HasSubstr("GigabitEthernet0/0/1")));
  answers.interfaces = {"ge-0/0/1;reboot"};
  EXPECT_THAT(render_for("junos", answers).errors, Contains(HasSubstr("ge-0/0/1;reboot")));
}

TEST(Platforms, AreInTheDocumentationWithWhatIsKnownOfThem) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/docs/render.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  std::size_t rows = 0;
  for (std::size_t at = page.find("\n| `"); at != page.npos; at = page.find("\n| `", at + 1)) {
    const std::size_t name = at + 4;
    rows += find_platform(page.substr(name, page.find('`', name) - name)) != nullptr ? 1u : 0u;
  }
  EXPECT_EQ(rows, platforms().size());
  for (const Platform& platform : platforms()) {
    const std::string state = platform.tested.empty()
                                  ? "not run"
                                  : "tested with the real " + std::string(platform.tested);
    EXPECT_THAT(
        page, HasSubstr("\n| `" + std::string(platform.name) + "` | " + std::string(platform.what) +
                        " | " + state + "; manual: <" + std::string(platform.manual) + "> |\n"));
  }
}

}  // namespace
}  // namespace vipherd::render
