################################################################################
#
# stead
#
################################################################################

STEAD_VERSION = 0.1.0
# The project is the folder around this tree, so the source is where it is.
STEAD_SITE = $(realpath $(BR2_EXTERNAL_STEAD_PATH)/..)
STEAD_SITE_METHOD = local
STEAD_LICENSE = MIT or Apache-2.0
STEAD_LICENSE_FILES = LICENSE-MIT LICENSE-APACHE
# The source is published as a whole by the project; a copy without its build
# folder is what `git archive` makes.
STEAD_REDISTRIBUTE = NO

STEAD_BINARY = $(call qstrip,$(BR2_PACKAGE_STEAD_BINARY))

# Only what is installed is copied: the build folder has many gigabytes.
STEAD_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = \
	--include=/LICENSE-* \
	--include=/systemd --include=/systemd/** \
	--include=/image --include=/image/** \
	--include=/target --include=/target/cross --include=/target/cross/stead-* \
	--exclude=*

define STEAD_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/$(STEAD_BINARY) $(TARGET_DIR)/usr/bin/stead
	$(BR2_EXTERNAL_STEAD_PATH)/package/stead/check-binary \
		$(TARGET_READELF) $(TARGET_DIR)/usr/bin/stead $(BR2_ARCH)
endef

# The rule of systemd/README.md, in its order.
define STEAD_INSTALL_INIT_SYSTEMD
	mkdir -p $(TARGET_DIR)/usr/lib/systemd/system $(TARGET_DIR)/usr/lib/systemd/system-preset
	mkdir -p $(TARGET_DIR)/usr/lib/sysusers.d $(TARGET_DIR)/usr/lib/tmpfiles.d
	mkdir -p $(TARGET_DIR)/usr/lib/udev/rules.d
	cp -dR $(@D)/systemd/system/. $(TARGET_DIR)/usr/lib/systemd/system/
	cp -dR $(@D)/systemd/system-preset/. $(TARGET_DIR)/usr/lib/systemd/system-preset/
	cp -dR $(@D)/systemd/sysusers.d/. $(TARGET_DIR)/usr/lib/sysusers.d/
	cp -dR $(@D)/systemd/tmpfiles.d/. $(TARGET_DIR)/usr/lib/tmpfiles.d/
	cp -dR $(@D)/systemd/udev/. $(TARGET_DIR)/usr/lib/udev/rules.d/
	cp -dR $(@D)/systemd/etc/. $(TARGET_DIR)/etc/
endef

$(eval $(generic-package))
