#include "vipherd/wire/dns.hpp"

#include <gmock/gmock.h>

#include <initializer_list>

namespace vipherd::wire::dns {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Bytes from numbers and texts.
class Message {
 public:
  Message& u8(std::initializer_list<int> bytes) {
    for (const int byte : bytes) bytes_.push_back(static_cast<std::uint8_t>(byte));
    return *this;
  }
  Message& u16(std::initializer_list<int> numbers) {
    for (const int number : numbers) u8({number >> 8, number & 0xff});
    return *this;
  }
  /// Labels and the root.
  Message& name(std::initializer_list<std::string> labels) {
    for (const std::string& label : labels) string(label);
    return u8({0});
  }
  Message& string(const std::string& text) {
    u8({static_cast<int>(text.size())});
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

const Query kQuery{"www.Example.com", 1, false, false};

/// The answer to kQuery, up to its records.
Message answer_to_query(int flags, int records, int additional = 0) {
  return Message()
      .u16({0x1234, flags, 1, records, 0, additional})
      .name({"www", "Example", "com"})
      .u16({1, 1});
}

TEST(DnsQuery, HasAnIdAQuestionAndAnOptRecord) {
  const auto query = encode_query(kQuery, 0x1234);
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(*query, Message()
                        .u16({0x1234, 0x0000, 1, 0, 0, 1})
                        .name({"www", "Example", "com"})
                        .u16({1, 1})
                        .u8({0})
                        .u16({41, 1232, 0, 0, 0})
                        .bytes());
}

TEST(DnsQuery, HasTheFlagsThatAreAskedFor) {
  const auto flags = [](bool recursion, bool authenticated) {
    const auto query = encode_query({"example.com.", 6, recursion, authenticated}, 1);
    return (*query)[2] << 8 | (*query)[3];
  };
  EXPECT_EQ(flags(false, false), 0);
  EXPECT_EQ(flags(true, false), 0x0100);
  EXPECT_EQ(flags(false, true), 0x0020);
}

TEST(DnsQuery, HasAName) {
  EXPECT_TRUE(encode_query({".", 2, false, false}, 1).has_value());
  using namespace std::string_literals;
  for (const std::string& bad :
       {""s, "a..b"s, ".a"s, std::string(64, 'x'), "a\0b"s,
        std::string(60, 'x') + "." + std::string(60, 'x') + "." + std::string(60, 'x') + "." +
            std::string(60, 'x') + "." + std::string(60, 'x')}) {
    EXPECT_FALSE(encode_query({bad, 2, false, false}, 1).has_value()) << bad;
  }
}

TEST(DnsAnswer, IsKnownByItsIdAndQuestion) {
  const Bytes query = *encode_query(kQuery, 0x1234);
  const Bytes right = answer_to_query(0x8000, 0).bytes();
  EXPECT_TRUE(is_answer(right, query));
  const auto changed = [&right](std::size_t index, int value) {
    Bytes bytes = right;
    bytes[index] = static_cast<std::uint8_t>(value);
    return bytes;
  };
  EXPECT_TRUE(is_answer(changed(13, 'W'), query));
  EXPECT_TRUE(is_answer(changed(17, 'e'), query));
  EXPECT_FALSE(is_answer(query, query)) << "a query";
  EXPECT_FALSE(is_answer(changed(0, 0x13), query)) << "id";
  EXPECT_FALSE(is_answer(changed(2, 0xa8), query)) << "opcode";
  EXPECT_FALSE(is_answer(changed(5, 2), query)) << "two questions";
  EXPECT_FALSE(is_answer(changed(5, 0), query)) << "NOERROR without a question";
  EXPECT_FALSE(is_answer(changed(14, 'x'), query)) << "name";
  EXPECT_FALSE(is_answer(changed(right.size() - 3, 28), query)) << "type";
  EXPECT_FALSE(is_answer(changed(right.size() - 1, 3), query)) << "class";
  EXPECT_TRUE(is_answer(Message().u16({0x1234, 0x8001, 0, 0, 0, 0}).bytes(), query));
  for (std::size_t size = 0; size < right.size(); ++size) {
    EXPECT_FALSE(is_answer(std::span(right).first(size), query)) << size;
  }
}

TEST(DnsAnswer, HasFlagsAndRecords) {
  Message message = answer_to_query(0x8420, 2);
  message.u16({0xc00c, 1, 1, 0, 60, 4}).u8({192, 0, 2, 1});
  message.u16({0xc00c, 1, 1, 0, 60, 4}).u8({192, 0, 2, 2});
  const auto answer = parse_answer(message.bytes(), kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(
      *answer,
      (Answer{
          0, true, false, true, {{{192, 0, 2, 1}, "192.0.2.1"}, {{192, 0, 2, 2}, "192.0.2.2"}}}));
}

TEST(DnsAnswer, FollowsAliasesInAnyOrder) {
  Message message = answer_to_query(0x8000, 4);
  message.name({"c"}).u16({1, 1, 0, 60, 4}).u8({192, 0, 2, 1});
  message.name({"B"}).u16({5, 1, 0, 60, 3}).name({"c"});
  message.u16({0xc00c, 5, 1, 0, 60, 3}).name({"b"});
  message.name({"d"}).u16({1, 1, 0, 60, 4}).u8({192, 0, 2, 2});
  const auto answer = parse_answer(message.bytes(), kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->records, (std::vector<Record>{{{192, 0, 2, 1}, "192.0.2.1"}}));
}

TEST(DnsAnswer, AliasesThatGoInCirclesEnd) {
  Message message = answer_to_query(0x8000, 2);
  message.u16({0xc00c, 5, 1, 0, 60, 3}).name({"b"});
  message.name({"b"}).u16({5, 1, 0, 60, 2, 0xc00c});
  const auto answer = parse_answer(message.bytes(), kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(answer->records, ::testing::IsEmpty());
}

TEST(DnsAnswer, IsPresentedCanonically) {
  Message message = Message()
                        .u16({1, 0x8000, 1, 1, 0, 0})
                        .name({"example", "com"})
                        .u16({15, 1, 0xc00c, 15, 1, 0, 60, 9, 10})
                        .string("MAIL")
                        .u16({0xc00c});
  const auto answer = parse_answer(message.bytes(), {"example.com", 15, false, false});
  ASSERT_TRUE(answer.has_value());
  ASSERT_EQ(answer->records.size(), 1u);
  EXPECT_EQ(answer->records[0].text, "10 mail.example.com.");
  EXPECT_EQ(answer->records[0].data, Message().u16({10}).name({"mail", "example", "com"}).bytes());
}

TEST(DnsAnswer, HasTheTwelveBitsOfAnExtendedRcode) {
  // BADVERS is 16: 1 in the OPT record, 0 in the header.
  Message message = answer_to_query(0x8000, 0, 1);
  message.u8({0}).u16({41, 1232}).u8({1, 0}).u16({0, 0});
  const auto answer = parse_answer(message.bytes(), kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(rcode_name(answer->rcode), "BADVERS");
}

TEST(DnsAnswer, TruncatedOnesAreNotReadOn) {
  const Bytes bytes = answer_to_query(0x8600, 99).bytes();
  const auto answer = parse_answer(bytes, kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(*answer, (Answer{0, true, true, false, {}}));
}

TEST(DnsAnswer, MalformedOnesAreRefused) {
  EXPECT_FALSE(parse_answer(Bytes(11, 0), kQuery).has_value());
  EXPECT_FALSE(parse_answer(answer_to_query(0x8000, 1).bytes(), kQuery).has_value());
  Message empty = answer_to_query(0x8000, 1);
  empty.u16({0xc00c, 1, 1, 0, 60, 0});
  EXPECT_FALSE(parse_answer(empty.bytes(), kQuery).has_value());
  Message loop = answer_to_query(0x8000, 1);
  loop.u16({0xc000 | static_cast<int>(loop.bytes().size()), 1, 1, 0, 60, 4}).u8({1, 2, 3, 4});
  EXPECT_FALSE(parse_answer(loop.bytes(), kQuery).has_value());
}

TEST(DnsNames, OfTypes) {
  EXPECT_EQ(*parse_type("AAAA"), 28);
  EXPECT_EQ(*parse_type("soa"), 6);
  EXPECT_EQ(*parse_type("TYPE65280"), 65280);
  EXPECT_EQ(type_name(28), "AAAA");
  EXPECT_EQ(type_name(65280), "TYPE65280");
  for (const char* bad : {"", "NONE SUCH", "ANY", "AXFR", "IXFR", "OPT", "TSIG", "TYPE0"}) {
    EXPECT_FALSE(parse_type(bad).has_value()) << bad;
  }
}

TEST(DnsNames, OfRcodes) {
  EXPECT_EQ(*parse_rcode("NOERROR"), 0);
  EXPECT_EQ(*parse_rcode("NxDomain"), 3);
  EXPECT_EQ(rcode_name(2), "SERVFAIL");
  EXPECT_EQ(rcode_name(4), "NOTIMP");  // IANA's name; ldns says NOTIMPL
  EXPECT_EQ(*parse_rcode("notimp"), 4);
  EXPECT_EQ(*parse_rcode("BADVERS"), 16);
  EXPECT_EQ(rcode_name(4095), "RCODE4095");
  EXPECT_FALSE(parse_rcode("").has_value());
  EXPECT_FALSE(parse_rcode("SERVFAILS").has_value());
}

TEST(DnsExpectation, IsOfItsType) {
  const auto is_sound = [](const std::string& type, const std::string& text) {
    return Expectation::parse(*parse_type(type), text).has_value();
  };
  EXPECT_TRUE(is_sound("A", "192.0.2.1"));
  EXPECT_TRUE(is_sound("AAAA", "2001:DB8::1"));
  EXPECT_TRUE(is_sound("MX", "10 mail.example.com"));
  EXPECT_TRUE(is_sound("TXT", "any; (text)\n"));
  EXPECT_TRUE(is_sound("TXT", ""));
  EXPECT_TRUE(is_sound("TXT", R"("one" "two")"));
  EXPECT_TRUE(is_sound("TYPE65280", R"(\# 2 abcd)"));
  for (const auto& [type, text] :
       {std::pair("A", ""), std::pair("A", "192.0.2.256"), std::pair("A", "192.0.2.1 192.0.2.2"),
        std::pair("A", "2001:db8::1"), std::pair("A", "192.0.2.1\n"), std::pair("AAAA", "www"),
        std::pair("MX", "mail.example.com"), std::pair("MX", "10"),
        std::pair("SOA", "ns hostmaster 1"), std::pair("NS", "a..b"),
        std::pair("TXT", R"("open)")}) {
    EXPECT_FALSE(is_sound(type, text)) << type << " " << text;
  }
}

TEST(DnsExpectation, IsMetByEqualData) {
  const auto is_met = [](const std::string& type, const std::string& text, const Bytes& data) {
    return Expectation::parse(*parse_type(type), text)->is_met_by({data, ""});
  };
  EXPECT_TRUE(is_met("A", "192.0.2.1", {192, 0, 2, 1}));
  EXPECT_FALSE(is_met("A", "192.0.2.1", {192, 0, 2, 2}));
  const Bytes name = Message().name({"ns", "example"}).bytes();
  EXPECT_TRUE(is_met("NS", "NS.example", name));
  EXPECT_TRUE(is_met("NS", "ns.example.", name));
  EXPECT_FALSE(is_met("NS", "ns.example.com", name));
  const Bytes strings = Message().string("two ").string("strings").bytes();
  EXPECT_TRUE(is_met("TXT", "two strings", strings));
  EXPECT_TRUE(is_met("TXT", R"("two " "strings")", strings));
  EXPECT_FALSE(is_met("TXT", R"("two strings")", strings));
  EXPECT_FALSE(is_met("TXT", "two", strings));
  EXPECT_FALSE(is_met("TXT", "Two strings", strings));
}

TEST(DnsAnswer, ChainsOfAliasesAreFollowedForAWhile) {
  // www.Example.com -> a -> b -> ..., and the address of the last one.
  const auto records = [](int aliases) {
    Message message = answer_to_query(0x8000, aliases + 1);
    const auto label = [](int index) { return std::string(1, static_cast<char>('a' + index)); };
    for (int index = 0; index < aliases; ++index) {
      index == 0 ? message.u16({0xc00c}) : message.name({label(index - 1)});
      message.u16({5, 1, 0, 60, 3}).name({label(index)});
    }
    message.name({label(aliases - 1)}).u16({1, 1, 0, 60, 4}).u8({192, 0, 2, 1});
    return parse_answer(message.bytes(), kQuery).value().records;
  };
  EXPECT_EQ(records(16), (std::vector<Record>{{{192, 0, 2, 1}, "192.0.2.1"}}));
  EXPECT_THAT(records(17), ::testing::IsEmpty());
}

TEST(DnsAnswer, RecordsOfOthersAreLeftOut) {
  const auto records = [](int owner, int type, int record_class) {
    Message message = answer_to_query(0x8000, 1);
    message.u16({owner, type, record_class, 0, 60, 4}).u8({192, 0, 2, 1});
    return parse_answer(message.bytes(), kQuery).value().records.size();
  };
  EXPECT_EQ(records(0xc00c, 1, 1), 1u);
  EXPECT_EQ(records(0xc010, 1, 1), 0u) << "Example.com";
  EXPECT_EQ(records(0xc00c, 65280, 1), 0u) << "another type";
  EXPECT_EQ(records(0xc00c, 1, 3), 0u) << "class CHAOS";
}

TEST(DnsAnswer, WithoutAQuestionHasNoRecords) {
  const auto answer = parse_answer(Message().u16({0x1234, 0x8005, 0, 0, 0, 0}).bytes(), kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(*answer, (Answer{5, false, false, false, {}}));
}

TEST(DnsAnswer, AnAliasWithoutDataLeadsNowhere) {
  Message message = answer_to_query(0x8000, 2);
  message.u16({0xc00c, 5, 255, 0, 0, 0});
  message.name({"b"}).u16({1, 1, 0, 60, 4}).u8({192, 0, 2, 1});
  const auto answer = parse_answer(message.bytes(), kQuery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(answer->records, ::testing::IsEmpty());
}

TEST(DnsExpectation, IsToldAsARecordWouldBe) {
  const auto told_as = [](const std::string& type, const std::string& text) {
    return Expectation::parse(*parse_type(type), text)->text();
  };
  EXPECT_EQ(told_as("A", "192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(told_as("TXT", "two strings"), "\"two strings\"");
  EXPECT_EQ(told_as("TXT", R"("one" "two")"), R"("one" "two")");
}

TEST(DnsExpectation, IsOneLineWithItsQuotationClosed) {
  for (const auto& [type, expected] :
       {std::pair("TXT", "\""), std::pair("TXT", "\"open"), std::pair("TXT", "\"a\tb\""),
        std::pair("TXT", "\"a\x7f\""), std::pair("A", "192.0.2.1\x7f"), std::pair("A", "\t"),
        std::pair("TYPE65280", "abcd"), std::pair("TYPE65280", R"(\# 3 abcd)")}) {
    EXPECT_EQ(Expectation::parse(*parse_type(type), expected).error().what,
              "expected the data of a record of type " + std::string(type) + ", got \"" +
                  std::string(expected) + "\"");
  }
  const auto utf8 = Expectation::parse(*parse_type("TXT"), "\"\xc3\xa4\"");
  ASSERT_TRUE(utf8);
  EXPECT_TRUE(utf8->is_met_by({Message().string("\xc3\xa4").bytes(), ""}));
}

TEST(DnsExpectation, StringsThatAreCutShortEndThere) {
  const auto expectation = Expectation::parse(*parse_type("TXT"), "two");
  EXPECT_TRUE(expectation->is_met_by({Message().string("two").bytes(), ""}));
  EXPECT_TRUE(expectation->is_met_by({Message().string("").string("two").bytes(), ""}));
  EXPECT_TRUE(expectation->is_met_by({Message().string("two").u8({5, 'x'}).bytes(), ""}));
  EXPECT_FALSE(expectation->is_met_by({Bytes{3, 't', 'w'}, ""}));
  EXPECT_FALSE(expectation->is_met_by({Bytes{}, ""}));
}

}  // namespace
}  // namespace vipherd::wire::dns
