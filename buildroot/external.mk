include $(sort $(wildcard $(BR2_EXTERNAL_STEAD_PATH)/package/*/*.mk))
