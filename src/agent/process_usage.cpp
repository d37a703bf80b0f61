#include "agent/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace vipherd::agent {
namespace {

double in_seconds(const timeval& time) {
  constexpr double kMicroseconds = 1e6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicroseconds;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return file ? resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// From /proc/uptime and the field `starttime` of /proc/self/stat, proc(5).
double start_time() {
  constexpr int kFieldsBetween = 19;  // from the one after the name to starttime
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text, ')');  // the name of the program may hold anything but this
  for (int field = 0; field < kFieldsBetween; ++field) file >> text;
  double ticks = 0;
  file >> ticks;
  std::ifstream clock("/proc/uptime");
  double uptime = 0;
  clock >> uptime;
  if (!file || !clock) return 0;
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return now - uptime + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  // One of them is for looking at them.
  return error ? 0 : static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

}  // namespace

metrics::ProcessUsage read_process_usage() {
  metrics::ProcessUsage usage;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    usage.cpu_seconds = in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    usage.most_descriptors = static_cast<double>(limit.rlim_cur);
  }
  usage.resident_bytes = resident_bytes();
  usage.start_time = start_time();
  usage.open_descriptors = open_descriptors();
  return usage;
}

}  // namespace vipherd::agent
