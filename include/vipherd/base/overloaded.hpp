// Lambdas as the one visitor of a variant: std::visit(Overloaded{...}, value) does not compile
// unless every alternative is handled.
#pragma once

namespace vipherd {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace vipherd
