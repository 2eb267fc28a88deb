/* A directory seen through FUSE, with every metadata request made to wait.
 *
 *     slow_mount SOURCE MICROSECONDS MOUNTPOINT [FUSE OPTIONS]
 *
 * Requests wait side by side, as those to a server far away do. Data is not slowed.
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <linux/fuse.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int source;
static struct timespec latency;

static const char *below(const char *path) { return path[1] ? path + 1 : "."; }
static int told(int code) { return code < 0 ? -errno : 0; }
static void wait_a_trip(void) { nanosleep(&latency, NULL); }

static int slow_getattr(const char *path, struct stat *st, struct fuse_file_info *fi) {
    (void)fi;
    wait_a_trip();
    return told(fstatat(source, below(path), st, AT_SYMLINK_NOFOLLOW));
}

static int slow_opendir(const char *path, struct fuse_file_info *fi) {
    wait_a_trip();
    int fd = openat(source, below(path), O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    fi->fh = (uintptr_t)dir;
    return dir ? 0 : -errno;
}

static int slow_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                        struct fuse_file_info *fi, enum fuse_readdir_flags flags) {
    (void)path, (void)offset, (void)flags;
    DIR *dir = (DIR *)(uintptr_t)fi->fh;
    wait_a_trip();
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat st = {.st_ino = entry->d_ino, .st_mode = (mode_t)DTTOIF(entry->d_type)};
        if (fill(buf, entry->d_name, &st, 0, 0)) break;
    }
    return 0;
}

static int slow_releasedir(const char *path, struct fuse_file_info *fi) {
    (void)path;
    return told(closedir((DIR *)(uintptr_t)fi->fh));
}

static int opened(int fd, struct fuse_file_info *fi) {
    fi->fh = (uint64_t)fd;
    return fd < 0 ? -errno : 0;
}

static int slow_open(const char *path, struct fuse_file_info *fi) {
    wait_a_trip();
    return opened(openat(source, below(path), fi->flags & ~O_CREAT), fi);
}

static int slow_create(const char *path, mode_t mode, struct fuse_file_info *fi) {
    wait_a_trip();
    return opened(openat(source, below(path), fi->flags | O_CREAT, mode), fi);
}

static int slow_read(const char *path, char *buf, size_t size, off_t at,
                     struct fuse_file_info *fi) {
    (void)path;
    ssize_t got = pread((int)fi->fh, buf, size, at);
    return got < 0 ? -errno : (int)got;
}

static int slow_write(const char *path, const char *buf, size_t size, off_t at,
                      struct fuse_file_info *fi) {
    (void)path;
    ssize_t put = pwrite((int)fi->fh, buf, size, at);
    return put < 0 ? -errno : (int)put;
}

static int slow_release(const char *path, struct fuse_file_info *fi) {
    (void)path;
    return told(close((int)fi->fh));
}

static int slow_fsync(const char *path, int data, struct fuse_file_info *fi) {
    (void)path, (void)data;
    wait_a_trip();
    return told(fsync((int)fi->fh));
}

static int slow_fsyncdir(const char *path, int data, struct fuse_file_info *fi) {
    (void)path, (void)data;
    wait_a_trip();
    return told(fsync(dirfd((DIR *)(uintptr_t)fi->fh)));
}

static int slow_unlink(const char *path) {
    wait_a_trip();
    return told(unlinkat(source, below(path), 0));
}

static int slow_rmdir(const char *path) {
    wait_a_trip();
    return told(unlinkat(source, below(path), AT_REMOVEDIR));
}

static int slow_mkdir(const char *path, mode_t mode) {
    wait_a_trip();
    return told(mkdirat(source, below(path), mode));
}

static int slow_rename(const char *from, const char *to, unsigned flags) {
    wait_a_trip();
    return told(renameat2(source, below(from), source, below(to), flags));
}

static int slow_link(const char *from, const char *to) {
    wait_a_trip();
    return told(linkat(source, below(from), source, below(to), 0));
}

static int slow_symlink(const char *target, const char *path) {
    wait_a_trip();
    return told(symlinkat(target, source, below(path)));
}

static int slow_readlink(const char *path, char *buf, size_t size) {
    wait_a_trip();
    ssize_t got = readlinkat(source, below(path), buf, size - 1);
    if (got < 0) return -errno;
    buf[got] = 0;
    return 0;
}

static int slow_chmod(const char *path, mode_t mode, struct fuse_file_info *fi) {
    (void)fi;
    wait_a_trip();
    return told(fchmodat(source, below(path), mode, 0));
}

static int slow_utimens(const char *path, const struct timespec times[2],
                        struct fuse_file_info *fi) {
    (void)fi;
    wait_a_trip();
    return told(utimensat(source, below(path), times, AT_SYMLINK_NOFOLLOW));
}

static int slow_truncate(const char *path, off_t size, struct fuse_file_info *fi) {
    wait_a_trip();
    if (fi) return told(ftruncate((int)fi->fh, size));
    int fd = openat(source, below(path), O_WRONLY);
    if (fd < 0) return -errno;
    int code = told(ftruncate(fd, size));
    close(fd);
    return code;
}

static int slow_statfs(const char *path, struct statvfs *st) {
    (void)path;
    return told(fstatvfs(source, st));
}

static void *slow_init(struct fuse_conn_info *conn, struct fuse_config *config) {
    (void)conn;
    config->use_ino = 1;
    /* What a client of NFS trusts at the least before it asks again. */
    config->entry_timeout = config->attr_timeout = 3.0;
    return NULL;
}

/* Lookups in one directory overlap on NFS and Lustre. libfuse before 3.16.2 forgets to tell the
 * kernel that they may here, so its first answer, that to INIT, is completed on its way. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    static atomic_flag begun = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&begun) && count > 1)
        ((struct fuse_init_out *)parts[1].iov_base)->flags |= FUSE_PARALLEL_DIROPS;
    return syscall(SYS_writev, fd, parts, count);
}

static const struct fuse_operations operations = {
    .init = slow_init,           .getattr = slow_getattr,     .opendir = slow_opendir,
    .readdir = slow_readdir,     .releasedir = slow_releasedir, .open = slow_open,
    .create = slow_create,       .read = slow_read,           .write = slow_write,
    .release = slow_release,     .fsync = slow_fsync,         .fsyncdir = slow_fsyncdir,
    .unlink = slow_unlink,       .rmdir = slow_rmdir,         .mkdir = slow_mkdir,
    .rename = slow_rename,       .link = slow_link,           .symlink = slow_symlink,
    .readlink = slow_readlink,   .chmod = slow_chmod,         .utimens = slow_utimens,
    .truncate = slow_truncate,   .statfs = slow_statfs,
};

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "slow_mount SOURCE MICROSECONDS MOUNTPOINT [FUSE OPTIONS]\n");
        return 2;
    }
    source = open(argv[1], O_RDONLY | O_DIRECTORY);
    if (source < 0) {
        perror(argv[1]);
        return 2;
    }
    long wait = strtol(argv[2], NULL, 10);
    latency = (struct timespec){wait / 1000000, wait % 1000000 * 1000};
    umask(0);
    argv[2] = argv[0];
    return fuse_main(argc - 2, argv + 2, &operations, NULL);
}
