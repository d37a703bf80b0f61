#include "vipherd/model/announcer.hpp"

#include <algorithm>

#include "vipherd/base/assert.hpp"

namespace vipherd::model {

const AnnouncerTraits& traits_of(Announcer announcer) {
  const auto found = std::ranges::find(kAnnouncers, announcer, &AnnouncerTraits::announcer);
  VIPHERD_ASSERT(found != kAnnouncers.end());
  return *found;
}

}  // namespace vipherd::model
