// Numbers of ZAPI that are the same in every FRR version known (lib/zclient.h). Owns no code.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vipherd::wire::zapi {

inline constexpr std::uint8_t kMarker = 0xfe;
inline constexpr std::uint8_t kVersion = 6;

inline constexpr std::uint32_t kErrorInvalidMessageType = 2;

// The probe. ROUTER_ID_UPDATE, which zebra only sends, became ROUTER_ID_DELETE in 10.0.
inline constexpr std::uint16_t kProbeRouterId = 17;
inline constexpr std::uint16_t kProbeImpossible = 0xfff0;
inline constexpr std::uint32_t kNoSuchVrf = 0xfffffff0;
inline constexpr std::size_t kProbeMostRefusals = 2;

// Presence bits of ROUTE_ADD and ROUTE_DELETE.
inline constexpr std::uint32_t kHasNexthop = 0x01;
inline constexpr std::uint32_t kHasDistance = 0x02;
inline constexpr std::uint32_t kHasMetric = 0x04;
inline constexpr std::uint32_t kHasTag = 0x08;

inline constexpr std::uint8_t kSafiUnicast = 1;
inline constexpr std::uint8_t kFamilyIpv4 = 2;   // AF_INET of Linux
inline constexpr std::uint8_t kFamilyIpv6 = 10;  // AF_INET6 of Linux
inline constexpr std::uint8_t kNexthopBlackhole = 6;
inline constexpr std::uint8_t kBlackholeNull = 1;

/// 0 would mean the type's default of 100 and more, 255 never selected.
inline constexpr std::uint8_t kDistance = 1;

}  // namespace vipherd::wire::zapi
