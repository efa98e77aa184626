# What U-Boot runs: it chooses a slot, counts the try before it boots, and falls over by itself.
# Compiled to boot.scr (mkimage -T script). It lies on stead-loader and in both kernel slots, and works
# on the disk that it was read from: devtype and devnum come from U-Boot's scan.
#
#   BOOT_ORDER    slots in the order to try, "A" until B has been filled
#   BOOT_A_LEFT   tries that A still has before the next slot is taken
#   BOOT_B_LEFT   the same for B
#
# The environment is a raw block with a CRC (image/state.tsv). It is written twice, the one last that
# was read, so that one of the two is always whole. Where both are torn, defaults boot.

echo "Stead: starting from ${devtype} ${devnum}"
setenv stead_env @ENV_SIZE@
setenv stead_env_blocks @ENV_BLOCKS@
setenv stead_at ${scriptaddr}
setexpr stead_at ${stead_at} + 0x100000
if test "${devtype}" = "nvme"; then
    nvme device ${devnum}
else
    ${devtype} dev ${devnum}
fi
part start ${devtype} ${devnum} @STATE_PARTITION@ stead_first
setexpr stead_first ${stead_first} + @ENV_FIRST@
part start ${devtype} ${devnum} @STATE_PARTITION@ stead_copy
setexpr stead_copy ${stead_copy} + @COPY_FIRST@

setenv BOOT_ORDER
setenv stead_known 0
setenv stead_whole ${stead_first}
setenv stead_other ${stead_copy}
for stead_block in ${stead_first} ${stead_copy}; do
    if test ${stead_known} = 0; then
        if ${devtype} read ${stead_at} ${stead_block} ${stead_env_blocks}; then
            if env import -c ${stead_at} ${stead_env} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT; then
                if test "x${BOOT_ORDER}" = "xA" -o "x${BOOT_ORDER}" = "xA B"; then setenv stead_known 1; fi
                if test "x${BOOT_ORDER}" = "xB" -o "x${BOOT_ORDER}" = "xB A"; then setenv stead_known 1; fi
                # A power cut while the other is written must find this one whole.
                if test ${stead_known}${stead_block} = 1${stead_copy}; then
                    setenv stead_whole ${stead_copy}
                    setenv stead_other ${stead_first}
                fi
            fi
        fi
    fi
done
setenv stead_lost
if test ${stead_known} = 0; then
    echo "Stead: the stored boot order is damaged; starting with A, then B"
    # The server tells that to the box's owner.
    setenv stead_lost "stead.order=lost"
    setenv BOOT_ORDER "A B"
    setenv BOOT_A_LEFT 3
    setenv BOOT_B_LEFT 3
fi
# The server may write the environment, and these come before the kernel: one of four numbers, whatever
# stands there. They are compared only; setexpr would read memory where a star stands before an address.
setenv stead_a 3
setenv stead_b 3
for stead_count in 0 1 2; do
    if test "x${BOOT_A_LEFT}" = "x${stead_count}"; then setenv stead_a ${stead_count}; fi
    if test "x${BOOT_B_LEFT}" = "x${stead_count}"; then setenv stead_b ${stead_count}; fi
done
setenv BOOT_A_LEFT ${stead_a}
setenv BOOT_B_LEFT ${stead_b}

# The kernel takes the second partition table where a power cut has torn the first only if it is told to, and
# then of every disk, also one that a camera has made anew at its front.
setenv stead_gpt gpt
if gpt verify ${devtype} ${devnum}; then setenv stead_gpt; fi

setenv stead_store 'mw.b ${stead_at} 0 ${stead_env}; env export -c -s ${stead_env} ${stead_at} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT; ${devtype} write ${stead_at} ${stead_other} ${stead_env_blocks}; ${devtype} write ${stead_at} ${stead_whole} ${stead_env_blocks}'

for stead_slot in ${BOOT_ORDER}; do
    setenv stead_kernel 0
    if test ${stead_slot} = A; then
        if test ${BOOT_A_LEFT} -gt 0; then
            setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
            setenv stead_kernel @KERNEL_A@
            setenv stead_root @ROOT_A@
        fi
    fi
    if test ${stead_slot} = B; then
        if test ${BOOT_B_LEFT} -gt 0; then
            setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
            setenv stead_kernel @KERNEL_B@
            setenv stead_root @ROOT_B@
        fi
    fi
    if test ${stead_kernel} != 0; then
        # Stored before the try: a try that hangs must count.
        run stead_store
        echo "Stead: trying slot ${stead_slot} (A ${BOOT_A_LEFT}, B ${BOOT_B_LEFT} left)"
        if load ${devtype} ${devnum}:${stead_kernel} ${kernel_addr_r} /@KERNEL_FILE@; then
            if load ${devtype} ${devnum}:${stead_kernel} ${ramdisk_addr_r} /initrd; then
                setenv stead_initrd ${ramdisk_addr_r}:${filesize}
                setenv stead_fdt ${fdt_addr}
                if test -z "${stead_fdt}"; then setenv stead_fdt ${fdtcontroladdr}; fi
                # A board that names its device tree gets the one of this very kernel.
                if test -n "${fdtfile}"; then
                    if load ${devtype} ${devnum}:${stead_kernel} ${fdt_addr_r} /dtbs/${fdtfile}; then
                        setenv stead_fdt ${fdt_addr_r}
                    fi
                fi
                part uuid ${devtype} ${devnum}:${stead_root} stead_rootid
                part uuid ${devtype} ${devnum}:@DATA_PARTITION@ stead_dataid
                setenv bootargs "root=PARTUUID=${stead_rootid} ro rauc.slot=${stead_slot} stead.left=${BOOT_A_LEFT},${BOOT_B_LEFT} stead.data=${stead_dataid} ${stead_lost} ${stead_gpt} panic=10 psi=1 cgroup_enable=memory loglevel=4 systemd.show_status=error ${stead_console}"
                @BOOT_COMMAND@ ${kernel_addr_r} ${stead_initrd} ${stead_fdt}
            fi
        fi
        echo "Stead: slot ${stead_slot} does not start"
    fi
done

echo "Stead: no slot has a try left; all begin anew"
setenv BOOT_A_LEFT 3
setenv BOOT_B_LEFT 3
run stead_store
reset
