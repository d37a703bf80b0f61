// Kind `file`: a file is there, is not there, or was written lately. Looks at it by stat(), on a
// thread, because a network file system may not answer.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include "probe/kind.hpp"
#include "vipherd/files/worker_pool.hpp"

namespace vipherd::probe {
namespace {

using model::setting_or;
using model::SettingFault;
using model::Settings;
using model::SettingType;
using std::chrono::seconds;

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

Outcome judge_age(const std::string& path, Duration age, Duration limit) {
  // A clock may be off a little; a date that is far ahead must not hold for ever.
  if (age < -limit) return {false, path + " is dated " + coarsely(-age) + " in the future"};
  const std::string old = path + " is " + coarsely(std::max(age, Duration::zero())) + " old";
  if (age <= limit) return {true, old};
  return {false, old + ", expected at most " + exactly(limit)};
}

Outcome look(const Settings& settings) {
  const auto path = setting_or<std::string>(settings, "path", {});
  const bool must_exist = setting_or<std::string>(settings, "state", "exists") == "exists";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) {
      return could_not_run("cannot look at " + path + ": " +
                           std::generic_category().message(errno));
    }
    return {!must_exist, path + " does not exist"};
  }
  if (must_exist && settings.contains("fresher_than")) {
    return judge_age(path, age_of(status), setting_or(settings, "fresher_than", Duration{}));
  }
  return {must_exist, path + " exists"};
}

std::vector<SettingFault> validate(const Settings& settings) {
  std::vector<SettingFault> faults;
  const auto path = setting_or<std::string>(settings, "path", {});
  if (!path.starts_with('/') || path.find('\0') != path.npos) {
    faults.push_back({"path", "expected an absolute path, got \"" + path + "\""});
  }
  const auto state = setting_or<std::string>(settings, "state", "exists");
  if (state != "exists" && state != "absent") {
    faults.push_back({"state", "expected \"exists\" or \"absent\", got \"" + state + "\""});
  }
  if (settings.contains("fresher_than")) {
    if (state == "absent") {
      faults.push_back({"fresher_than", "a file that must be absent has no age"});
    } else if (setting_or(settings, "fresher_than", Duration{}) <= Duration::zero()) {
      faults.push_back({"fresher_than", "expected a duration above zero"});
    }
  }
  return faults;
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

class FileRunner : public Runner {
 public:
  explicit FileRunner(boost::asio::io_context& io)
      : threads_([&io](std::function<void()> done) { boost::asio::post(io, std::move(done)); }) {}

  std::unique_ptr<Probe> start(const Settings& settings, const Asker& /*asker*/,
                               Finish finish) override {
    const auto path = setting_or<std::string>(settings, "path", {});
    const auto one = std::make_shared<Look>(Look{{}, std::move(finish)});
    const auto taken = threads_.run(
        path, [one, settings] { one->outcome = look(settings); },
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

 private:
  files::WorkerPool threads_;
};

}  // namespace

Kind file_kind() {
  return {{"file",
           "passes when a file exists, is absent, or was written lately",
           {{"path", SettingType::text, true, "the file, \"/run/maintenance\""},
            {"state", SettingType::text, false, "\"exists\" (default) or \"absent\""},
            {"fresher_than", SettingType::duration, false, "the greatest age that passes"}},
           validate,
           {},
           {},
           0},
          [](boost::asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<FileRunner>(io);
          }};
}

}  // namespace vipherd::probe
