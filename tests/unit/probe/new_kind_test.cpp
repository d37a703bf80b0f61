// A kind of check that this file alone adds: what CONTRIBUTING.md says a new one takes is all it
// takes. It is read by the configuration, with its own errors, and run by the prober; nothing else
// knows it.
#include <gmock/gmock.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probe/kind.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/probe/prober.hpp"

namespace vipherd::probe::coin {
namespace {

using ::testing::EndsWith;

// ------------------------------------------------------------------ the kind

struct CoinSettings {
  bool heads = false;
};

class CoinProbe : public Probe {
 public:
  std::string awaited() const override { return "side"; }
};

class CoinRunner : public RunnerOf<CoinSettings> {
 public:
  explicit CoinRunner(boost::asio::io_context& io) : io_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const CoinSettings> settings,
                                     const Asker& /*asker*/, Finish finish) override {
    boost::asio::post(io_, [settings, finish = std::move(finish)] {
      Outcome outcome;
      outcome.pass = settings->heads;
      outcome.reason = settings->heads ? "heads" : "tails";
      finish(outcome);
    });
    return std::make_unique<CoinProbe>();
  }

  boost::asio::io_context& io_;
};

model::Preparation prepare(const model::Settings& settings) {
  model::Preparation made;
  const auto side = model::setting_or<std::string>(settings, "side", "");
  if (side != "heads" && side != "tails") {
    made.errors.push_back({"side", "expected \"heads\" or \"tails\""});
  }
  made.prepared = model::Prepared::of(CoinSettings{side == "heads"});
  return made;
}

Kind kind() {
  return {{"coin",
           "a coin, thrown by the configuration",
           {{"side", model::SettingType::text, true, "`\"heads\"` passes"}},
           prepare},
          make_runner<CoinRunner>};
}

// ------------------------------------------------------------------ what it takes

config::Loaded load(const std::string& side) {
  std::vector<model::CheckSchema> schemas(check_schemas().begin(), check_schemas().end());
  schemas.push_back(kind().schema);
  const std::string text =
      "[vips]\npool = [\"10.10.10.0/24\"]\n[services.web]\nvips = [\"10.10.10.10\"]\n"
      "[services.web.checks.c]\ntype = \"coin\"\nside = \"" +
      side + "\"\n";
  return config::parse(std::vector<config::Source>{{"v.toml", text}}, schemas, "lb1");
}

std::optional<model::event::ProbeFinished> run(const std::string& side) {
  const auto loaded = load(side);
  if (!loaded.config) return std::nullopt;
  boost::asio::io_context io;
  std::optional<model::event::ProbeFinished> finished;
  Prober prober(io, [&](model::Event event) {
    finished = std::get<model::event::ProbeFinished>(std::move(event));
  });
  const Kind coin = kind();
  prober.add_kind(coin);
  prober.set_vips(model::VipOwners(loaded.config->services));
  prober.start({"web", "c"}, 1,
               std::make_shared<const model::CheckConfig>(loaded.config->services[0].checks[0]));
  io.run_for(std::chrono::seconds(10));
  return finished;
}

TEST(NewKind, IsReadAndRun) {
  const auto heads = run("heads");
  ASSERT_TRUE(heads);
  EXPECT_TRUE(heads->result.pass);
  const auto tails = run("tails");
  ASSERT_TRUE(tails);
  EXPECT_FALSE(tails->result.pass);
  EXPECT_EQ(tails->result.reason, "tails");
}

TEST(NewKind, ItsOwnErrorsHaveTheirPlace) {
  const auto loaded = load("edge");
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].line, 7u);
  EXPECT_THAT(loaded.errors[0].message, EndsWith("expected \"heads\" or \"tails\""));
}

}  // namespace
}  // namespace vipherd::probe::coin
