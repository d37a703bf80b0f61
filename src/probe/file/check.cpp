// Kind `file`: a file is there, is not there, or was written lately. Looks at it by stat(), on a
// thread, because a network file system may not answer.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/files/worker_pool.hpp"

namespace vipherd::probe::file {
namespace {

using model::SettingType;
using std::chrono::seconds;

struct FileSettings {
  std::string path;
  bool must_exist = true;
  std::optional<Duration> fresher_than{};  ///< the greatest age that passes
};

struct Unit {
  Duration length;
  const char* name;
};
constexpr std::array kUnits{
    Unit{std::chrono::hours(24), " days"},     Unit{std::chrono::hours(1), " h"},
    Unit{std::chrono::minutes(1), " min"},     Unit{seconds(1), " s"},
    Unit{std::chrono::milliseconds(1), " ms"}, Unit{Duration(1), " ns"}};

std::string in(const Unit& unit, Duration duration) {
  return std::to_string(duration / unit.length) + unit.name;
}

/// "3 min": whole ones of the greatest unit of which there are two, so that the words do not change
/// all the time.
std::string coarsely(Duration duration) {
  const auto unit =
      std::ranges::find_if(kUnits, [&](const Unit& each) { return duration >= 2 * each.length; });
  return unit == kUnits.end() ? "0 s" : in(*unit, duration);
}

/// "90 s": in the greatest unit of which it is a multiple.
std::string exactly(Duration duration) {
  const auto unit = std::ranges::find_if(
      kUnits, [&](const Unit& each) { return duration % each.length == Duration::zero(); });
  return in(*unit, duration);
}

Duration age_of(const struct stat& status) {
  const WallTime written = wall_time_of(status.st_mtim.tv_sec) + Duration(status.st_mtim.tv_nsec);
  return std::chrono::system_clock::now() - written;
}

Outcome evaluate_age(const std::string& path, Duration age, Duration limit) {
  // A clock may be off a little; a date that is far ahead must not hold for ever.
  if (age < -limit) return {false, path + " is dated " + coarsely(-age) + " in the future"};
  const std::string old = path + " is " + coarsely(std::max(age, Duration::zero())) + " old";
  if (age <= limit) return {true, old};
  return {false, old + ", expected at most " + exactly(limit)};
}

Outcome look(const FileSettings& settings) {
  struct stat status {};
  if (::stat(settings.path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) {
      return could_not_run("cannot look at " + settings.path + ": " +
                           std::generic_category().message(errno));
    }
    return {!settings.must_exist, settings.path + " does not exist"};
  }
  if (settings.fresher_than) {
    return evaluate_age(settings.path, age_of(status), *settings.fresher_than);
  }
  return {settings.must_exist, settings.path + " exists"};
}

model::Preparation prepare_file(const model::Settings& given) {
  SettingReader reader(given);
  FileSettings settings{reader.text("path")};
  if (!settings.path.starts_with('/') || settings.path.find('\0') != std::string::npos) {
    reader.error("path", "expected an absolute path, got \"" + settings.path + "\"");
  }
  const std::string state = reader.text("state", "exists");
  settings.must_exist = state == "exists";
  if (state != "exists" && state != "absent") {
    reader.error("state", "expected \"exists\" or \"absent\", got \"" + state + "\"");
  }
  if (reader.has("fresher_than")) {
    settings.fresher_than = reader.get("fresher_than", Duration{});
    if (state == "absent") {
      reader.error("fresher_than", "a file that must be absent has no age");
    } else if (*settings.fresher_than <= Duration::zero()) {
      reader.error("fresher_than", "expected a duration above zero");
    }
  }
  return std::move(reader).prepared(std::move(settings));
}

/// One look, on its way to a thread and back.
struct Look {
  Outcome outcome;
  Finish finish;  ///< none: abandoned
};

class FileProbe : public Probe {
 public:
  FileProbe(std::shared_ptr<Look> look, std::string path)
      : look_(std::move(look)), path_(std::move(path)) {}
  ~FileProbe() override { look_->finish = nullptr; }
  std::string awaited() const override { return "answer from the file system of " + path_; }

 private:
  std::shared_ptr<Look> look_;
  std::string path_;
};

class FileRunner : public RunnerOf<FileSettings> {
 public:
  explicit FileRunner(boost::asio::io_context& io)
      : threads_([&io](std::function<void()> done) { boost::asio::post(io, std::move(done)); }) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const FileSettings> settings,
                                     const Asker& /*asker*/, Finish finish) override {
    const std::string& path = settings->path;
    const auto one = std::make_shared<Look>(Look{{}, std::move(finish)});
    const auto taken = threads_.run(
        path, [one, settings] { one->outcome = look(*settings); },
        [one] {
          const auto done = std::exchange(one->finish, nullptr);
          if (done) done(std::move(one->outcome));
        });
    switch (taken) {
      case files::WorkerPool::Taken::yes:
        return std::make_unique<FileProbe>(one, path);
      case files::WorkerPool::Taken::stuck:
        one->finish({false, "the file system of " + path + " does not answer"});
        break;
      case files::WorkerPool::Taken::no_thread:
        one->finish(could_not_run("cannot start a thread to look at " + path));
    }
    return nullptr;
  }

  files::WorkerPool threads_;
};

}  // namespace

Kind kind() {
  return {{"file",
           "passes when a file exists, is absent, or was written lately",
           {{"path", SettingType::text, true, "the file, \"/run/maintenance\""},
            {"state", SettingType::text, false, "\"exists\" (default) or \"absent\""},
            {"fresher_than", SettingType::duration, false, "the greatest age that passes"}},
           prepare_file,
           {},
           0},
          make_runner<FileRunner>};
}

}  // namespace vipherd::probe::file
