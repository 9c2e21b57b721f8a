//! The operations of S3 that there are; the protocol's crate answers 501 to all others.

use std::sync::Arc;

use s3s::{
    S3, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    config::{S3Config, StaticConfigProvider},
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
        DeleteObjectsOutput, DeletedObject, ETag, GetObjectInput, GetObjectOutput, HeadBucketInput,
        HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
        PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
    },
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};

use super::{
    access::Access,
    disk::{Disk, blocking},
    listing, multipart, multipart_listing, reading, writing,
};

/// As many as S3 removes at once.
const DELETE_MAX: usize = 1_000;

struct Service {
    disk: Arc<Disk>,
}

/// The protocol over a folder, for who has the pair of keys.
pub(super) fn service(disk: Arc<Disk>, bucket: String, access_key: String, secret_key: String) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Service { disk });
    builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
    builder.set_access(Access::new(bucket));
    // Forms of browsers are not taken, and would be read into memory before that is said.
    let mut config = S3Config::default();
    config.post_object_max_file_size = 0;
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.build()
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn head_bucket(&self, _: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        writing::put(self.disk.clone(), request).await.map(S3Response::new)
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let copied = writing::copy(self.disk.clone(), request.input).await?;
        let output = CopyObjectOutput { copy_object_result: Some(copied), ..CopyObjectOutput::default() };
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        reading::get(self.disk.clone(), request.input).await.map(S3Response::new)
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        reading::head(self.disk.clone(), request.input).await.map(S3Response::new)
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let DeleteObjectInput { key, if_match, if_match_size, if_match_last_modified_time, .. } =
            request.input;
        if if_match.is_some() || if_match_size.is_some() || if_match_last_modified_time.is_some() {
            return Err(s3_error!(NotImplemented, "Objects are removed without a condition"));
        }
        let disk = self.disk.clone();
        blocking(move || disk.delete(&[key])).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let delete = request.input.delete;
        if delete.objects.is_empty() || delete.objects.len() > DELETE_MAX {
            return Err(s3_error!(MalformedXML, "From 1 to {DELETE_MAX} objects are removed at once"));
        }
        let keys: Vec<String> = delete.objects.into_iter().map(|object| object.key).collect();
        let (disk, removed) = (self.disk.clone(), keys.clone());
        blocking(move || disk.delete(&removed)).await?;
        let deleted =
            keys.into_iter().map(|key| DeletedObject { key: Some(key), ..DeletedObject::default() });
        let deleted = (delete.quiet != Some(true)).then(|| deleted.collect());
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..DeleteObjectsOutput::default() }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        listing::list(self.disk.clone(), request.input).await.map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let id = multipart::create(self.disk.clone(), request.input).await?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        multipart::upload_part(self.disk.clone(), request).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let etag = multipart::complete(self.disk.clone(), request.input).await?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            e_tag: Some(ETag::Strong(etag)),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        multipart::abort(self.disk.clone(), request.input.upload_id, request.input.key).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        multipart_listing::list_parts(self.disk.clone(), request.input).await.map(S3Response::new)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        multipart_listing::list(self.disk.clone(), request.input).await.map(S3Response::new)
    }
}
