#include "config/tables/all_tables.hpp"

#include "config/tables/checks.hpp"
#include "config/tables/sections.hpp"
#include "config/tables/service_tables.hpp"
#include "config/tables/services.hpp"

namespace vipherd::config {
namespace {

template <class S>
TableText text_of(std::string title, const Rows<S>& rows) {
  return {std::move(title), {rows.begin(), rows.end()}};
}

}  // namespace

std::vector<TableText> all_tables() {
  return {text_of("[node]", node_rows()),
          text_of("[log]", log_rows()),
          text_of("[api]", api_rows()),
          text_of("[frr]", frr_rows()),
          text_of("[vips]", vips_rows()),
          text_of("[relay]", relay_rows()),
          text_of("[render]", render_rows()),
          text_of("[services.NAME]", service_rows()),
          text_of("[[services.NAME.vips]]", vip_rows()),
          text_of("[services.NAME.announce]", announce_rows()),
          text_of("[services.NAME.drain]", drain_rows()),
          text_of("[services.NAME.guard]", guard_rows()),
          text_of("[services.NAME.damping]", damping_rows()),
          text_of("[services.NAME.watch]", watch_rows()),
          text_of("[services.NAME.checks.NAME]", check_rows())};
}

}  // namespace vipherd::config
