// A plugin of QEMU's user-mode emulators (7.2 and later; not the static ones) that counts executed
// instructions, of all threads together, and writes them at exit:
//   qemu-aarch64 -plugin count.so,to=FILE program
// FILE gets a line for each translated block that ran: its executed instructions and the function
// around it ("-" if the program is stripped).
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is needed of version 1 of the plugin interface; Debian packages no header of it.
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translation_call)(uint64_t id, struct qemu_plugin_tb* block);
typedef void (*execution_call)(unsigned cpu, void* of);
typedef void (*exit_call)(uint64_t id, void* of);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translation_call call);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb* block, execution_call call,
                                          int registers, void* of);
void qemu_plugin_register_atexit_cb(uint64_t id, exit_call call, void* of);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
const char* qemu_plugin_insn_symbol(const struct qemu_plugin_insn* instruction);
enum { kReadsNoRegisters = 0 };

#define VISIBLE __attribute__((visibility("default")))
VISIBLE int qemu_plugin_version = 1;

// A translated block. It lives as long as the process, because translations may be shared.
struct block {
  struct block* next;
  uint64_t instructions;
  const char* function;
  atomic_uint_fast64_t runs;
};

static _Atomic(struct block*) blocks;
static const char* to;

static void count(unsigned cpu, void* of) {
  (void)cpu;
  atomic_fetch_add_explicit(&((struct block*)of)->runs, 1, memory_order_relaxed);
}

static void translated(uint64_t id, struct qemu_plugin_tb* from) {
  (void)id;
  struct block* block = calloc(1, sizeof *block);
  if (!block) abort();
  block->instructions = qemu_plugin_tb_n_insns(from);
  block->function = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(from, 0));
  block->next = atomic_load(&blocks);
  while (!atomic_compare_exchange_weak(&blocks, &block->next, block)) {
  }
  qemu_plugin_register_vcpu_tb_exec_cb(from, count, kReadsNoRegisters, block);
}

static void write_counts(uint64_t id, void* of) {
  (void)id, (void)of;
  FILE* file = fopen(to, "w");
  if (!file) abort();
  for (const struct block* b = blocks; b; b = b->next)
    if (b->runs > 0)
      fprintf(file, "%" PRIu64 " %s\n", b->runs * b->instructions,
              b->function && *b->function ? b->function : "-");
  if (fclose(file) != 0) abort();
}

VISIBLE int qemu_plugin_install(uint64_t id, const void* machine, int argc, char** argv) {
  (void)machine;
  for (int i = 0; i < argc; ++i)
    if (strncmp(argv[i], "to=", 3) == 0) to = argv[i] + 3;
  if (!to) {
    fprintf(stderr, "count.so: to=FILE is missing\n");
    return -1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, write_counts, NULL);
  return 0;
}
