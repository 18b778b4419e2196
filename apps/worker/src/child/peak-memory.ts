/** The most memory that this process ever held, in bytes. */
export const peakMemoryBytes = (): number => process.resourceUsage().maxRSS * 1024;
