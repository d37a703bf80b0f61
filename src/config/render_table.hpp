// The section [render]: answers for `vipherd render`, of no meaning to the agent.
#pragma once

#include "config/table.hpp"
#include "vipherd/model/render.hpp"

namespace vipherd::config {

model::RenderAnswers read_render(Table& table);

}  // namespace vipherd::config
