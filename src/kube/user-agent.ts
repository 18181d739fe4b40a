/** The version that requests and leases carry. A test holds it against package.json. */
export const sdkVersion = '0.1.0';

/** `vk-sdk/0.1.0 (linux/x64) node/20.20.2` */
export const defaultUserAgent = `vk-sdk/${sdkVersion} (${process.platform}/${process.arch}) node/${process.versions.node}`;
