// What keeps others up: [services.NAME.guard].
#include "config/tables/service_tables.hpp"

namespace vipherd::config {

const Rows<model::Guard>& guard_rows() {
  static const Rows<model::Guard> rows{
      {"min_announcers", &model::Guard::min_announcers, integer(0, 1000),
       "a drain that leaves fewer other nodes announcing one of the VIPs is refused, unless "
       "forced; so is one where the others cannot be seen. 0: none is"},
  };
  return rows;
}

void read_guard(const Table& service_table, Errors& errors, model::Guard& guard) {
  if (const auto table = find_table(service_table, errors, "guard")) {
    read_table(*table, guard_rows(), guard);
  }
}

}  // namespace vipherd::config
