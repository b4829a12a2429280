namespace ModelService.Client;

/// <summary>Makes and fills data sets of labelled images. Thread-safe.</summary>
public sealed class DatasetsClient
{
    private readonly Transport transport;

    internal DatasetsClient(Transport transport) => this.transport = transport;

    /// <summary>Creates an empty data set.</summary>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetResponse> CreateAsync(CreateDatasetBody body, CancellationToken cancellationToken = default) =>
        transport.SendAsync(
            HttpMethod.Post,
            "v1/datasets",
            body,
            ModelServiceJson.Default.CreateDatasetBody,
            ModelServiceJson.Default.DatasetResponse,
            cancellationToken
        );

    /// <summary>Lists the data sets.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetListResponse> ListAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/datasets", ModelServiceJson.Default.DatasetListResponse, cancellationToken);

    /// <summary>Returns a data set: its classes with their numbers of images, and its problems.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="revision">The number of the revision; left out: the current one.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetResponse> GetAsync(
        string dataset,
        int? revision = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("revision", revision);
        return transport.GetAsync(
            $"v1/datasets/{Transport.Escape(dataset)}{query}",
            ModelServiceJson.Default.DatasetResponse,
            cancellationToken
        );
    }

    /// <summary>Deletes a data set with all its images and revisions.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetDeletedResponse> DeleteAsync(string dataset, CancellationToken cancellationToken = default) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Delete, $"v1/datasets/{Transport.Escape(dataset)}"),
            ModelServiceJson.Default.DatasetDeletedResponse,
            cancellationToken
        );

    /// <summary>Adds a photo, or a zip archive with a folder of photos for each class.</summary>
    /// <param name="dataset">The data set's name.</param>
    /// <param name="file">The photo or the archive.</param>
    /// <param name="options">What the photos are.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetUploadResponse> AddImagesAsync(
        string dataset,
        Upload file,
        AddImagesOptions? options = null,
        CancellationToken cancellationToken = default
    ) => AddAsync(dataset, file.ToContent(), file.IsRepeatable, options, cancellationToken);

    /// <summary>Adds photos.</summary>
    /// <param name="dataset">The data set's name.</param>
    /// <param name="files">The photos.</param>
    /// <param name="options">What the photos are.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetUploadResponse> AddImagesAsync(
        string dataset,
        IReadOnlyCollection<Upload> files,
        AddImagesOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        AddAsync(
            dataset,
            Upload.ToForm(files, "images"),
            files.All(file => file.IsRepeatable),
            options,
            cancellationToken
        );

    /// <summary>Lists the images of a data set, page by page.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="label">Only images of this class.</param>
    /// <param name="split">Only images of this split.</param>
    /// <param name="revision">The number of the revision; left out: the current one.</param>
    /// <param name="limit">The number of images on a page.</param>
    /// <param name="cursor">
    /// <c>next_cursor</c> of the page before. All pages are of the revision of the first one.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetImageListResponse> ListImagesAsync(
        string dataset,
        string? label = null,
        Split? split = null,
        int? revision = null,
        int? limit = null,
        string? cursor = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query()
            .Add("label", label)
            .Add("split", split)
            .Add("revision", revision)
            .Add("limit", limit)
            .Add("cursor", cursor);
        return transport.GetAsync(
            $"v1/datasets/{Transport.Escape(dataset)}/images{query}",
            ModelServiceJson.Default.DatasetImageListResponse,
            cancellationToken
        );
    }

    /// <summary>Returns an image as it was uploaded.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="id">Its id.</param>
    /// <param name="revision">The number of a revision that has it; left out: the current one.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> GetImageAsync(
        string dataset,
        string id,
        int? revision = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("revision", revision);
        return transport.StreamAsync(
            new HttpRequestMessage(
                HttpMethod.Get,
                $"v1/datasets/{Transport.Escape(dataset)}/images/{Transport.Escape(id)}{query}"
            ),
            cancellationToken
        );
    }

    /// <summary>Returns a small copy of an image, as a JPEG.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="id">Its id.</param>
    /// <param name="revision">The number of a revision that has it; left out: the current one.</param>
    /// <param name="size">The length of the longer side, in pixels. A smaller image keeps its own.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> GetThumbnailAsync(
        string dataset,
        string id,
        int? revision = null,
        int? size = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("revision", revision).Add("size", size);
        return transport.StreamAsync(
            new HttpRequestMessage(
                HttpMethod.Get,
                $"v1/datasets/{Transport.Escape(dataset)}/images/{Transport.Escape(id)}/thumbnail{query}"
            ),
            cancellationToken
        );
    }

    /// <summary>Changes the label, the split or the group of an image.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="id">Its id.</param>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetChangeResponse> UpdateImageAsync(
        string dataset,
        string id,
        UpdateImageBody body,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            HttpMethod.Patch,
            $"v1/datasets/{Transport.Escape(dataset)}/images/{Transport.Escape(id)}",
            body,
            ModelServiceJson.Default.UpdateImageBody,
            ModelServiceJson.Default.DatasetChangeResponse,
            cancellationToken
        );

    /// <summary>Removes an image from a data set.</summary>
    /// <param name="dataset">The name of the data set.</param>
    /// <param name="id">Its id.</param>
    /// <param name="purge">Whether its bytes are overwritten.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<DatasetChangeResponse> RemoveImageAsync(
        string dataset,
        string id,
        bool? purge = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("purge", purge);
        return transport.SendAsync(
            new HttpRequestMessage(
                HttpMethod.Delete,
                $"v1/datasets/{Transport.Escape(dataset)}/images/{Transport.Escape(id)}{query}"
            ),
            ModelServiceJson.Default.DatasetChangeResponse,
            cancellationToken
        );
    }

    private Task<DatasetUploadResponse> AddAsync(
        string dataset,
        HttpContent body,
        bool isRepeatable,
        AddImagesOptions? options,
        CancellationToken cancellationToken
    )
    {
        var query = new Query().Add("label", options?.Label).Add("split", options?.Split).Add("group", options?.Group);
        return transport.SendAsync(
            Transport.Send(
                HttpMethod.Post,
                $"v1/datasets/{Transport.Escape(dataset)}/images{query}",
                body,
                isRepeatable
            ),
            ModelServiceJson.Default.DatasetUploadResponse,
            cancellationToken
        );
    }
}
