# cluster 60x600
# A rack of twenty loses its switch for 30 s.
> 10.0 cut r2-n01
> 10.0 cut r2-n02
> 10.0 cut r2-n03
> 10.0 cut r2-n04
> 10.0 cut r2-n05
> 10.0 cut r2-n06
> 10.0 cut r2-n07
> 10.0 cut r2-n08
> 10.0 cut r2-n09
> 10.0 cut r2-n10
> 10.0 cut r2-n11
> 10.0 cut r2-n12
> 10.0 cut r2-n13
> 10.0 cut r2-n14
> 10.0 cut r2-n15
> 10.0 cut r2-n16
> 10.0 cut r2-n17
> 10.0 cut r2-n18
> 10.0 cut r2-n19
> 10.0 cut r2-n20
    16.0 error r2-n01 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n02 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n03 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n04 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n05 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n06 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n07 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n08 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n09 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n10 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n11 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n12 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n13 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n14 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n15 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n16 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n17 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n18 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n19 does not answer; 10 VMs ran there (no sign of life for 6 s)
    16.0 error r2-n20 does not answer; 10 VMs ran there (no sign of life for 6 s)
> 40.0 join r2-n01
> 40.0 join r2-n02
> 40.0 join r2-n03
> 40.0 join r2-n04
> 40.0 join r2-n05
> 40.0 join r2-n06
> 40.0 join r2-n07
> 40.0 join r2-n08
> 40.0 join r2-n09
> 40.0 join r2-n10
> 40.0 join r2-n11
> 40.0 join r2-n12
> 40.0 join r2-n13
> 40.0 join r2-n14
> 40.0 join r2-n15
> 40.0 join r2-n16
> 40.0 join r2-n17
> 40.0 join r2-n18
> 40.0 join r2-n19
> 40.0 join r2-n20
    40.0 info  r2-n01 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n02 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n03 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n04 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n05 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n06 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n07 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n08 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n09 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n10 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n11 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n12 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n13 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n14 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n15 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n16 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n17 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n18 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n19 answers again; 10 VMs run there (after 24 s)
    40.0 info  r2-n20 answers again; 10 VMs run there (after 24 s)
