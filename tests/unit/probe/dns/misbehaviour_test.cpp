// Kind `dns` against servers that no real one is like.
#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe::dns {
namespace {

using model::Failure;
using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Bytes = std::vector<std::uint8_t>;
using Datagrams = std::vector<Bytes>;
using testing::Socket;
using testing::asio::ip::udp;

/// Answers each datagram with those that the behaviour makes of it.
class UdpServer {
 public:
  using Behaviour = std::function<Datagrams(const Bytes&)>;

  UdpServer(testing::asio::io_context& io, Behaviour behaviour, std::uint16_t port = 0)
      : socket_(io, udp::endpoint(testing::asio::ip::address_v4::loopback(), port)),
        behaviour_(std::move(behaviour)) {
    socket_.non_blocking(true);
    receive();
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
  }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  std::size_t asked() const { return asked_; }
  /// Answers the next query that many times more, a turn of the loop each.
  void repeat(int times) { times_ = times; }

 private:
  void receive() {
    query_.resize(4096);
    socket_.async_receive_from(
        testing::asio::buffer(query_), client_,
        [this](const boost::system::error_code& error, std::size_t size) {
          if (error == testing::asio::error::operation_aborted) return;
          if (!error) answer({query_.begin(), query_.begin() + static_cast<std::ptrdiff_t>(size)});
          receive();
        });
  }
  void answer(const Bytes& query) {
    ++asked_;
    for (const Bytes& datagram : behaviour_(query)) {
      boost::system::error_code ignored;
      socket_.send_to(testing::asio::buffer(datagram), client_, 0, ignored);
    }
    if (times_ == 0) return;
    --times_;
    testing::asio::post(socket_.get_executor(), [this, query, weak = std::weak_ptr(alive_)] {
      if (weak.lock()) answer(query);
    });
  }

  udp::socket socket_;
  udp::endpoint client_;
  Bytes query_;
  Behaviour behaviour_;
  std::size_t asked_ = 0;
  int times_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

constexpr std::uint8_t kResponse = 0x80;
constexpr std::uint8_t kAuthoritative = 0x04;
constexpr std::uint8_t kTruncated = 0x02;

/// The query as its own answer: with its question, and without the OPT record at its end.
Bytes response(Bytes query, std::uint8_t flags = 0, std::uint8_t rcode = 0) {
  query.resize(query.size() - 11);
  query[2] = static_cast<std::uint8_t>(kResponse | flags);
  query[3] = rcode;
  query[11] = 0;  // additional records
  return query;
}

/// With one A record of the name that was asked for.
Bytes with_address(Bytes response, std::uint8_t last) {
  response[7] = 1;  // answer records
  for (const int byte : {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, int{last}}) {
    response.push_back(static_cast<std::uint8_t>(byte));
  }
  return response;
}

Bytes right_answer(const Bytes& query) { return with_address(response(query), 1); }

Bytes with_length(Bytes message) {
  const auto size = message.size();
  message.insert(message.begin(),
                 {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size & 0xff)});
  return message;
}

void send(
    const Socket& socket, const Bytes& bytes, std::function<void()> then = [] {}) {
  testing::send(socket, std::string(bytes.begin(), bytes.end()), std::move(then));
}

/// Reads one query over TCP, then does something with it.
testing::Server::Behaviour on_query(std::function<void(Socket, const Bytes&)> then) {
  return [then = std::move(then)](const Socket& socket) {
    auto bytes = std::make_shared<Bytes>(2);
    testing::asio::async_read(
        *socket, testing::asio::buffer(*bytes),
        [socket, bytes, then](const boost::system::error_code& error, std::size_t) {
          if (error) return;
          bytes->resize(std::size_t{(*bytes)[0]} << 8 | (*bytes)[1]);
          testing::asio::async_read(
              *socket, testing::asio::buffer(*bytes),
              [socket, bytes, then](const boost::system::error_code& failure, std::size_t) {
                if (!failure) then(socket, *bytes);
              });
        });
  };
}

class DnsMisbehaviourTest : public testing::ProbeTest {
 protected:
  ProbeResult ask(const std::string& server, const std::string& transport = "auto",
                  Duration timeout = seconds(10), const std::string& name = "www.example.com") {
    return run("dns",
               {{"server", server}, {"name", name}, {"record", "A"}, {"transport", transport}},
               timeout);
  }
  ProbeResult ask_udp(UdpServer::Behaviour behaviour, Duration timeout = seconds(10)) {
    const UdpServer server(io_, std::move(behaviour));
    address_ = server.address();
    return ask(address_, "auto", timeout);
  }
  ProbeResult ask_tcp(testing::Server::Behaviour behaviour, Duration timeout = seconds(10)) {
    const testing::Server server(io_, std::move(behaviour));
    address_ = server.address();
    return ask(address_, "tcp", timeout);
  }

  std::string address_;
};

TEST_F(DnsMisbehaviourTest, TheScriptedAnswerIsRight) {
  EXPECT_EQ(ask_udp([](const Bytes& query) { return Datagrams{right_answer(query)}; }).reason,
            "NOERROR, 1 A record");
  EXPECT_EQ(ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
              send(socket, with_length(right_answer(query)));
            })).reason,
            "NOERROR, 1 A record");
}

TEST_F(DnsMisbehaviourTest, AnswersToOthersAreIgnored) {
  const auto result = ask_udp([](const Bytes& query) {
    Bytes other_id = right_answer(query);
    other_id[0] ^= 0xff;
    Bytes other_name = right_answer(query);
    other_name[13] = 'x';
    Bytes other_type = right_answer(query);
    other_type[12 + 17 + 1] = 28;
    return Datagrams{other_id, other_name,     other_type,         query,
                     Bytes{},  Bytes{1, 2, 3}, right_answer(query)};
  });
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "NOERROR, 1 A record");
}

TEST_F(DnsMisbehaviourTest, AnswersToOthersAreNoAnswer) {
  const auto result = ask_udp(
      [](const Bytes& query) {
        Bytes other = right_answer(query);
        other[1] ^= 0xff;
        return Datagrams{other};
      },
      milliseconds(200));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason,
            "no answer of " + address_ + " to the query, only others, within 200 ms");
}

TEST_F(DnsMisbehaviourTest, AFloodEndsTheProbe) {
  UdpServer server(io_, [](const Bytes& query) {
    Bytes other = right_answer(query);
    other[1] ^= 0xff;
    // Fewer than the probe's socket has room for.
    return Datagrams(100, other);
  });
  server.repeat(100);
  const auto result = ask(server.address());
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, server.address() + " floods the query with answers to others");
}

TEST_F(DnsMisbehaviourTest, TheCaseOfTheQuestionDoesNotCount) {
  const auto result = ask_udp([](const Bytes& query) {
    Bytes answer = right_answer(query);
    answer[13] = 'W';
    answer[18] = 'X';
    return Datagrams{answer};
  });
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(DnsMisbehaviourTest, AnErrorMayComeWithoutTheQuestion) {
  const auto result = ask_udp([](const Bytes& query) {
    Bytes answer{query[0], query[1], kResponse, 1};
    answer.resize(12);
    return Datagrams{answer};
  });
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "rcode FORMERR, expected NOERROR");
}

TEST_F(DnsMisbehaviourTest, RecordsOfOtherNamesAreNone) {
  const auto result = ask_udp([](const Bytes& query) {
    Bytes answer = with_address(response(query), 1);
    answer[answer.size() - 15] = 16;  // the pointer to the name: to example.com
    return Datagrams{answer};
  });
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no A record of www.example.com in the answer");
}

TEST_F(DnsMisbehaviourTest, MalformedAnswersAreFailures) {
  const std::vector<std::function<Bytes(const Bytes&)>> cases{
      // Fewer records than announced.
      [](const Bytes& query) {
        Bytes answer = right_answer(query);
        answer[7] = 2;
        return answer;
      },
      // Cut within the record.
      [](const Bytes& query) {
        Bytes answer = right_answer(query);
        answer.pop_back();
        return answer;
      },
      // A name that points to itself.
      [](const Bytes& query) {
        Bytes answer = right_answer(query);
        answer[answer.size() - 15] = static_cast<std::uint8_t>(answer.size() - 16);
        return answer;
      },
      // An address of three bytes.
      [](const Bytes& query) {
        Bytes answer = right_answer(query);
        answer[answer.size() - 5] = 3;
        answer.pop_back();
        return answer;
      }};
  for (std::size_t index = 0; index < cases.size(); ++index) {
    const auto result = ask_udp([&](const Bytes& query) { return Datagrams{cases[index](query)}; });
    EXPECT_FALSE(result.pass) << index;
    EXPECT_THAT(result.reason, ::testing::StartsWith("the answer is malformed: ")) << index;
  }
}

// ------------------------------------------------------------------ TCP

TEST_F(DnsMisbehaviourTest, TruncatedOverUdpAndRefusedOverTcp) {
  const UdpServer server(io_, [](const Bytes& query) {
    return Datagrams{response(query, kAuthoritative | kTruncated)};
  });
  const auto result = ask(server.address());
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "the answer over UDP is truncated, and over TCP: connect to " +
                               server.address() + " refused");
  EXPECT_EQ(result.failure, Failure::refused);
}

TEST_F(DnsMisbehaviourTest, TruncatedOverUdpWhereverItIsCut) {
  const testing::Server over_tcp(io_, on_query([](const Socket& socket, const Bytes& query) {
                                   send(socket, with_length(right_answer(query)));
                                 }));
  const UdpServer over_udp(
      io_,
      [](const Bytes& query) {
        Bytes answer = with_address(response(query, kTruncated), 1);
        answer.resize(answer.size() - 3);
        return Datagrams{answer};
      },
      over_tcp.port());
  const auto result = ask(over_udp.address());
  EXPECT_TRUE(result.pass) << result.reason;
  EXPECT_EQ(over_udp.asked(), 1u);
  EXPECT_EQ(over_tcp.accepted(), 1u);
}

TEST_F(DnsMisbehaviourTest, TruncatedOverTcpToo) {
  const auto result = ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
    send(socket, with_length(response(query, kTruncated)));
  }));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "the answer over TCP is truncated");
}

TEST_F(DnsMisbehaviourTest, AnotherAnswerOverTcp) {
  const auto result = ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
    Bytes other = right_answer(query);
    other[1] ^= 0xff;
    send(socket, with_length(other));
  }));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "what came over TCP does not answer the query");
}

TEST_F(DnsMisbehaviourTest, NothingOverTcp) {
  const auto result = ask_tcp([](const Socket&) {}, milliseconds(100));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no answer of " + address_ + " over TCP within 100 ms");
}

TEST_F(DnsMisbehaviourTest, NoConnectionOverTcp) {
  const testing::DeafPort port(io_);
  const auto result = ask(port.address(), "tcp", milliseconds(100));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no TCP connection to " + port.address() + " within 100 ms");
}

TEST_F(DnsMisbehaviourTest, HalfAnAnswerOverTcp) {
  const auto result = ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
                                Bytes answer = with_length(right_answer(query));
                                answer.resize(answer.size() / 2);
                                send(socket, answer);
                              }),
                              milliseconds(100));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no end of the answer of " + address_ + " over TCP within 100 ms");
}

TEST_F(DnsMisbehaviourTest, TricklesOverTcp) {
  // Every byte in a segment of its own, and the next one when it has been taken.
  const auto result = ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
    socket->set_option(testing::tcp::no_delay(true));
    auto answer = std::make_shared<Bytes>(with_length(right_answer(query)));
    auto next = std::make_shared<std::function<void(std::size_t)>>();
    *next = [socket, answer, weak = std::weak_ptr(next)](std::size_t at) {
      const auto self = weak.lock();
      if (at < answer->size()) send(socket, {(*answer)[at]}, [self, at] { (*self)(at + 1); });
    };
    (*next)(0);
  }));
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(DnsMisbehaviourTest, ClosedEarlyOverTcp) {
  const auto close = [](const Socket& socket) { socket->close(); };
  EXPECT_EQ(
      ask_tcp(on_query([close](const Socket& socket, const Bytes&) { close(socket); })).reason,
      "the connection was closed before the answer came");
  EXPECT_EQ(ask_tcp(on_query([close](const Socket& socket, const Bytes& query) {
              Bytes answer = with_length(right_answer(query));
              answer.pop_back();
              send(socket, answer, [close, socket] { close(socket); });
            })).reason,
            "the connection was closed in the middle of the answer");
  EXPECT_EQ(ask_tcp(on_query([close](const Socket& socket, const Bytes&) {
              socket->set_option(testing::asio::socket_base::linger(true, 0));
              close(socket);
            })).reason,
            "the connection was reset before the answer came");
}

TEST_F(DnsMisbehaviourTest, ClosedForWritingOnly) {
  // The server is done, but its side of the connection stays open for what we might still say.
  const auto result = ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
    send(socket, with_length(right_answer(query)), [socket] {
      boost::system::error_code ignored;
      socket->shutdown(testing::tcp::socket::shutdown_send, ignored);
    });
  }));
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(DnsMisbehaviourTest, TooShortForAMessageOverTcp) {
  for (const Bytes& sent : {Bytes{0, 0}, Bytes{0, 3, 1, 2, 3}}) {
    const auto result =
        ask_tcp(on_query([sent](const Socket& socket, const Bytes&) { send(socket, sent); }));
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, "what came over TCP does not answer the query");
  }
}

TEST_F(DnsMisbehaviourTest, TheLargestMessageOverTcp) {
  // Padded with records that were not asked for.
  const auto result = ask_tcp(on_query([](const Socket& socket, const Bytes& query) {
    Bytes answer = right_answer(query);
    const std::size_t before = answer.size();
    constexpr std::size_t kSize = 16;
    const std::size_t count = (65535 - before) / kSize;
    for (std::size_t index = 0; index < count; ++index) {
      for (const int byte : {0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4}) {
        answer.push_back(static_cast<std::uint8_t>(byte));
      }
      answer[answer.size() - 14] = 0xff;  // a type that does not exist
    }
    answer[6] = static_cast<std::uint8_t>((count + 1) >> 8);
    answer[7] = static_cast<std::uint8_t>((count + 1) & 0xff);
    send(socket, with_length(answer));
  }));
  EXPECT_TRUE(result.pass) << result.reason;
}

TEST_F(DnsMisbehaviourTest, AbandonedInEveryPhase) {
  const testing::Server mute(io_, [](const Socket&) {});
  const UdpServer truncating(
      io_, [](const Bytes& query) { return Datagrams{response(query, kTruncated)}; }, mute.port());
  const UdpServer silent(io_, [](const Bytes&) { return Datagrams{}; });
  const testing::DeafPort deaf(io_);
  const std::vector<std::pair<std::string, std::string>> cases{{truncating.address(), "auto"},
                                                               {silent.address(), "udp"},
                                                               {deaf.address(), "tcp"},
                                                               {mute.address(), "tcp"}};
  for (const auto& [server, transport] : cases) {
    prober_->start(
        {"web", server + transport}, 1,
        config("dns", {{"server", server}, {"name", "example.com"}, {"transport", transport}},
               seconds(10)));
  }
  ASSERT_TRUE(run_until(
      [&] { return mute.accepted() == 2 && truncating.asked() == 1 && silent.asked() == 1; }));
  prober_.reset();
  io_.restart();
  io_.poll();
  EXPECT_THAT(finished_, ::testing::IsEmpty());
}

}  // namespace
}  // namespace vipherd::probe::dns
