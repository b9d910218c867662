#include <atomic>
#include <cstdlib>

#include "kernels/cpu.h"
#include "kernels/isa/list.h"
#include "kernels/kernels.h"

namespace linnet::kernels {
namespace {

constexpr const Table* kBuilt[] = {
#define ISA(name) &table_##name,
#include "kernels/isa_list.inc"
#undef ISA
};

std::atomic<const Table*> in_use = nullptr;

// The name in LINNET_ISA, or an empty view.
std::string_view forced() {
  const char* name = std::getenv("LINNET_ISA");
  return name ? name : std::string_view();
}

const Table* choose() {
  const Table* best = kBuilt[0];  // reference: needs nothing
  for (const Table* table : kBuilt)
    if (runs_here(*table)) best = table;
  const Table* wanted = find(forced());
  return wanted && runs_here(*wanted) ? wanted : best;
}

}  // namespace

std::span<const Table* const> built() { return kBuilt; }

bool runs_here(const Table& table) { return (table.needs & ~cpu::features()) == 0; }

const Table* find(std::string_view name) {
  for (const Table* table : kBuilt)
    if (name == table->name) return table;
  return nullptr;
}

std::string_view forced_but_missing() {
  const Table* wanted = find(forced());
  return wanted && runs_here(*wanted) ? std::string_view() : forced();
}

// Threads that come here first at the same time choose the same table.
const Table& active() {
  const Table* table = in_use.load(std::memory_order_acquire);
  if (!table) {
    const Table* chosen = choose();
    if (in_use.compare_exchange_strong(table, chosen, std::memory_order_acq_rel)) table = chosen;
  }
  return *table;
}

void use(const Table& table) { in_use.store(&table, std::memory_order_release); }

}  // namespace linnet::kernels
