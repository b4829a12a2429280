namespace ModelService.Api.Tests.Support;

/// <summary>A folder of a test's own where its server's uploads wait, watched.</summary>
internal sealed class StagingFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("api-test-").FullName;
    private readonly TaskCompletionSource created = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FileSystemWatcher watcher;

    public StagingFolder()
    {
        watcher = new FileSystemWatcher(path) { EnableRaisingEvents = true };
        watcher.Created += (_, _) => created.TrySetResult();
    }

    /// <summary>The setting that has a server use it.</summary>
    public KeyValuePair<string, string> Setting => new("ModelService:Storage:Staging", path);

    /// <summary>Done when there has been a file.</summary>
    public Task Used => created.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>What is in it.</summary>
    public string[] Files => Directory.GetFileSystemEntries(path);

    public void Dispose()
    {
        watcher.Dispose();
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }
}
