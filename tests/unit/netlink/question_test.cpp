// One question and its whole answer, by the kernel of this machine.
#include "vipherd/netlink/question.hpp"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>
#include <optional>
#include <set>
#include <string>
#include <variant>

namespace vipherd::netlink {
namespace {

namespace rtnetlink = wire::rtnetlink;

constexpr std::uint32_t kSequence = 7;
constexpr int kBuffer = 64 * 1024;

class NetlinkQuestionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Socket::open(Blocking::no, kBuffer);
    ASSERT_TRUE(opened) << opened.error().what;
    socket_.emplace(std::move(*opened));
    socket_->prepare_for_requests();
  }
  /// Of an answer that is one message.
  rtnetlink::Body first(const rtnetlink::Bytes& request) const {
    std::optional<rtnetlink::Body> found;
    const auto asked = ask(*socket_, request, kSequence, [&](const rtnetlink::Body& body) {
      found = body;
      return true;
    });
    EXPECT_TRUE(asked) << asked.error().what;
    return found.value_or(rtnetlink::Overrun{});
  }

  std::optional<Socket> socket_;
};

TEST_F(NetlinkQuestionTest, AnAnswerOfOneMessage) {
  const auto lo = if_nametoindex("lo");
  const auto body = first(rtnetlink::encode_link_lookup(lo, kSequence));
  const auto* link = std::get_if<rtnetlink::LinkMessage>(&body);
  ASSERT_NE(link, nullptr);
  EXPECT_EQ(link->index, lo);
  EXPECT_EQ(link->name, "lo");
  EXPECT_GT(link->mtu, 0u);
}

TEST_F(NetlinkQuestionTest, ARefusalIsAnAnswer) {
  constexpr std::uint32_t kNoInterface = 0x7ffffff0;
  const auto body = first(rtnetlink::encode_link_lookup(kNoInterface, kSequence));
  const auto* ack = std::get_if<rtnetlink::Ack>(&body);
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->error, ENODEV);
}

TEST_F(NetlinkQuestionTest, TheNextHopToItselfIsLocal) {
  const auto self = IpAddress::parse("127.0.0.1").value();
  const auto body = first(rtnetlink::encode_next_hop_lookup(self, self, kSequence));
  const auto* route = std::get_if<rtnetlink::RouteMessage>(&body);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->type, RTN_LOCAL);
  EXPECT_EQ(route->oif, if_nametoindex("lo"));
}

TEST_F(NetlinkQuestionTest, ADumpIsReadToItsEnd) {
  std::set<std::string> names;
  bool ended = false;
  const auto asked = ask(*socket_, rtnetlink::encode_link_dump_request(kSequence), kSequence,
                         [&](const rtnetlink::Body& body) {
                           if (const auto* link = std::get_if<rtnetlink::LinkMessage>(&body)) {
                             names.insert(link->name);
                           }
                           ended = std::holds_alternative<rtnetlink::Done>(body);
                           return ended;
                         });
  ASSERT_TRUE(asked) << asked.error().what;
  EXPECT_TRUE(ended);
  EXPECT_TRUE(names.contains("lo"));
}

TEST_F(NetlinkQuestionTest, AnAnswerToAnotherQuestionIsNone) {
  const auto asked = ask(*socket_, rtnetlink::encode_link_lookup(if_nametoindex("lo"), kSequence),
                         kSequence + 1, [](const rtnetlink::Body&) { return true; });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().what,
            "the kernel does not answer over netlink: Resource temporarily unavailable");
}

}  // namespace
}  // namespace vipherd::netlink
