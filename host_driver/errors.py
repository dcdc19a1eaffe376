# SPDX-License-Identifier: Apache-2.0
"""Everything the driver can fail with, named after what went wrong."""


class DriverError(Exception):
    """Base of all driver errors."""


class NotAVirtioDevice(DriverError):
    """Identity or capability list is not that of a modern virtio network device."""


class FeaturesRejected(DriverError):
    """The device cleared FEATURES_OK."""


class DeviceTimeout(DriverError):
    """The device did not do what it must do within the bound."""


class DeviceNeedsReset(DriverError):
    """The device set DEVICE_NEEDS_RESET."""


class QueueError(DriverError):
    """A virtqueue was misused by the caller, or the device broke the ring."""


class ControlError(DriverError):
    """The device answered a control command with VIRTIO_NET_ERR."""


class Unsupported(DriverError):
    """The negotiated features do not allow the request."""


class BackEndGone(DriverError):
    """The vhost-user back end has closed the connection, or there is none."""


class BackEndTimeout(DeviceTimeout):
    """The vhost-user back end has not answered, or not appeared, within the bound."""


class ProtocolError(DriverError):
    """The vhost-user back end broke the protocol."""


class RequestRefused(DriverError):
    """The vhost-user back end answered a request with failure."""
