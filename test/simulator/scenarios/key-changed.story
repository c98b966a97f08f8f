# An HWM shows another host key: it is not down, it is refused.
> 10.0 key andreys changed
# The connection that is open stays open.
> 20.0 cut andreys
    26.0 error andreys does not answer; 1 VM ran there (no sign of life for 6 s)
> 30.0 join andreys
    30.0 error andreys lives but lets us not in (the host key of andreys is not the known one (SHA256:3q2+7wAtn9yM0aPv): compare it on the host's own screen)
> 60.0 key andreys known
    60.9 info  andreys answers again; 1 VM runs there (after 31 s)
