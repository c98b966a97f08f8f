# libvirtd hangs, then is stopped, then starts again; its guests do not care.
> 10.0 libvirtd snailin hang
    16.0 error snailin does not answer; 3 VMs ran there (no sign of life for 6 s)
> 30.0 libvirtd snailin stop
    31.0 error snailin lives but lets us not in (snailin has no libvirt socket: is libvirtd running there?)
> 50.0 libvirtd snailin start
    51.0 info  snailin answers again; 3 VMs run there (after 20 s)
