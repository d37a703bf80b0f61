#include "vipherd/model/announcer.hpp"

#include <algorithm>

#include "vipherd/base/assert.hpp"

namespace vipherd::model {

const AnnouncerTraits& traits_of(Announcer announcer) {
  const auto found = std::ranges::find(kAnnouncers, announcer, &AnnouncerTraits::announcer);
  VIPHERD_ASSERT(found != kAnnouncers.end());
  return *found;
}

std::string_view to_string(Announcer announcer) { return traits_of(announcer).name; }

}  // namespace vipherd::model
