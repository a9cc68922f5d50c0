export { cdEventIn, type DeploymentRecord, readCdEvent } from './cdevents.ts';
export { createDetector, type Detector } from './detector.ts';
export { openOfService } from './services.ts';
