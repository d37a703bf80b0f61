#include "vipherd/config/descriptors.hpp"

#include <gmock/gmock.h>

namespace vipherd::config {
namespace {

std::vector<model::CheckSchema> schemas() {
  std::vector<model::CheckSchema> schemas(2);
  schemas[0].type = "http";
  schemas[0].descriptors = 3;
  schemas[1].type = "file";
  schemas[1].descriptors = 0;
  return schemas;
}

model::CheckConfig check(const std::string& type) {
  model::CheckConfig check;
  check.type = type;
  return check;
}

std::uint64_t needed_for_checks(const model::ServiceConfig& service) {
  model::Config config;
  config.services = {service};
  return descriptors_needed(config, schemas()) - kOwnDescriptors;
}

TEST(DescriptorsNeeded, AreThoseOfEveryCheckAtOnce) {
  EXPECT_EQ(descriptors_needed({}, schemas()), kOwnDescriptors);
  model::ServiceConfig service;
  service.checks = {check("http"), check("http"), check("file")};
  EXPECT_EQ(needed_for_checks(service), 6u);
}

TEST(DescriptorsNeeded, CountEachVipOfAViaVipCheck) {
  model::ServiceConfig service;
  service.checks = {check("http")};
  service.checks[0].vip_targets.resize(5);
  EXPECT_EQ(needed_for_checks(service), 15u);
}

TEST(DescriptorsNeeded, CountWatchers) {
  model::ServiceConfig service;
  service.checks = {check("http")};
  service.checks[0].watch_connections = {{"127.0.0.1:80", ""}};
  service.watch.unit = "nginx.service";
  service.watch.pid_file = "/run/nginx.pid";
  EXPECT_EQ(needed_for_checks(service), 6u);
}

TEST(DescriptorsNeeded, AreNoneForAServiceThatIsNotEnabled) {
  model::ServiceConfig service;
  service.checks = {check("http")};
  service.watch.unit = "nginx.service";
  service.enabled = false;
  EXPECT_EQ(needed_for_checks(service), 0u);
}

}  // namespace
}  // namespace vipherd::config
