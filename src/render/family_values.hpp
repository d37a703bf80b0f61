// What an address family is called in the languages of the platforms.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/subject.hpp"

namespace vipherd::render {

/// "4" or "6"
const char* digit(Family family);
/// An entry with one text.
Values one(std::string_view name, std::string text);
/// Those that the pool has, IPv4 first.
std::vector<Family> families_of(const Subject& subject);
/// The prefixes of the pool, numbered as a prefix list has them.
std::vector<Values> pool_of(const Subject& subject, Family family);
/// The names of an entry of "families".
Values family_of(const Subject& subject, Family family);

}  // namespace vipherd::render
