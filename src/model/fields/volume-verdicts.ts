import type { VerdictTable } from './verdict.ts';

const CLOUD = "it needs a cloud's disks";
const NETWORK = 'it needs a storage server and its driver: mount it on the node and use hostPath';
const REMOVED = 'Kubernetes itself has removed it';
const BINDING =
  'only a server binds claims; else, and for ephemeral volumes, a claim is a directory of this node, found by its name';

/** Volumes, and the claims that a volume may make for itself. */
export const VOLUME_VERDICTS: VerdictTable = {
  Volume: {
    honoured: `configMap downwardAPI emptyDir ephemeral hostPath image name persistentVolumeClaim projected
      secret`,
    refused: {
      awsElasticBlockStore: CLOUD,
      azureDisk: CLOUD,
      azureFile: CLOUD,
      cephfs: NETWORK,
      cinder: CLOUD,
      csi: 'there is no CSI driver',
      fc: NETWORK,
      flexVolume: 'Kubernetes has deprecated it, and there is no driver',
      flocker: REMOVED,
      gcePersistentDisk: CLOUD,
      gitRepo: 'cloning on the node lets the repository run programs there: clone in an init container',
      glusterfs: NETWORK,
      iscsi: NETWORK,
      nfs: NETWORK,
      photonPersistentDisk: REMOVED,
      portworxVolume: NETWORK,
      quobyte: REMOVED,
      rbd: NETWORK,
      scaleIO: REMOVED,
      storageos: REMOVED,
      vsphereVolume: CLOUD,
    },
  },
  ConfigMapVolumeSource: { honoured: 'defaultMode items name optional' },
  SecretVolumeSource: { honoured: 'defaultMode items optional secretName' },
  DownwardAPIVolumeSource: { honoured: 'defaultMode items' },
  DownwardAPIVolumeFile: { honoured: 'fieldRef mode path resourceFieldRef' },
  KeyToPath: { honoured: 'key mode path' },
  EmptyDirVolumeSource: { honoured: 'medium sizeLimit' },
  HostPathVolumeSource: { honoured: 'path type' },
  ImageVolumeSource: { honoured: 'pullPolicy reference' },
  PersistentVolumeClaimVolumeSource: { honoured: 'claimName readOnly' },
  ProjectedVolumeSource: { honoured: 'defaultMode sources' },
  VolumeProjection: {
    honoured: 'configMap downwardAPI secret serviceAccountToken',
    refused: {
      clusterTrustBundle: 'there is no cluster that trusts',
      podCertificate: 'there is no signer of certificates',
    },
  },
  ConfigMapProjection: { honoured: 'items name optional' },
  ServiceAccountTokenProjection: { honoured: 'audience expirationSeconds path' },
  SecretProjection: { honoured: 'items name optional' },
  DownwardAPIProjection: { honoured: 'items' },

  EphemeralVolumeSource: { honoured: 'volumeClaimTemplate' },
  PersistentVolumeClaimTemplate: { honoured: 'metadata spec' },
  PersistentVolumeClaimSpec: {
    honoured: 'accessModes resources volumeMode',
    withoutEffect: {
      selector: BINDING,
      storageClassName: BINDING,
      volumeAttributesClassName: BINDING,
      volumeName: BINDING,
    },
    refused: {
      dataSource: 'a claim begins empty',
      dataSourceRef: 'a claim begins empty',
    },
  },
  VolumeResourceRequirements: { honoured: 'limits requests' },
  ObjectMeta: {
    honoured: 'annotations labels',
    withoutEffect: Object.fromEntries(
      [
        'creationTimestamp',
        'deletionGracePeriodSeconds',
        'deletionTimestamp',
        'finalizers',
        'generateName',
        'generation',
        'managedFields',
        'name',
        'namespace',
        'ownerReferences',
        'resourceVersion',
        'selfLink',
        'uid',
      ].map((name) => [name, 'a template takes labels and annotations only']),
    ),
  },
};
