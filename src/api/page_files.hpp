// The files of the status page (src/page), built in as they are: see cmake/embed.cmake.
#pragma once

#include <string_view>

namespace vipherd::api {

extern const std::string_view kIndexHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kPartsJs;
extern const std::string_view kChainJs;
extern const std::string_view kDomJs;
extern const std::string_view kIconSvg;

}  // namespace vipherd::api
