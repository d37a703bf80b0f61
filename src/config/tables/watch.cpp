// What has a service probed at once: [services.NAME.watch].
#include "config/tables/service_tables.hpp"
#include "vipherd/base/unit_name.hpp"

namespace vipherd::config {
namespace {

using model::ServiceWatch;

}  // namespace

const Rows<ServiceWatch>& watch_rows() {
  static const Rows<ServiceWatch> rows{
      {"unit", &ServiceWatch::unit,
       or_absent(text("name of a systemd unit",
                      "the name of a systemd unit such as \"nginx.service\"", is_unit_name)),
       "probe when the unit's state changes, over D-Bus, and when its main process ends: "
       "`\"nginx.service\"`"},
      {"pid_file", &ServiceWatch::pid_file, or_absent(absolute_path()),
       "probe when the process with this file's number ends, and when the file names another "
       "process that runs: `\"/run/nginx.pid\"`"},
  };
  return rows;
}

void read_watch(const Table& service_table, Errors& errors, ServiceWatch& watch) {
  const auto table = find_table(service_table, errors, "watch");
  if (!table) return;
  read_table(*table, watch_rows(), watch);
  if (table->find("unit") == nullptr && table->find("pid_file") == nullptr) {
    table->error("has nothing to watch, expected unit or pid_file");
  }
}

}  // namespace vipherd::config
