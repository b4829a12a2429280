using ModelService.Models.Errors;

namespace ModelService.Models.Storage.FileSystem;

/// <content>Writes, replaces, moves and deletes files so that a crash leaves the old state or the new one.</content>
public sealed partial class DataFolder
{
    /// <summary>Runs an operation that writes into the folder.</summary>
    /// <param name="operation">The operation; it leaves the models as they were when it fails.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ReadOnly"/>, or <see cref="ErrorCode.StorageUnavailable"/>: the folder can't be written,
    /// or the disk is full.
    /// </exception>
    internal T Write<T>(Func<T> operation)
    {
        ThrowIfRefused();
        T result;
        try
        {
            result = operation();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogWriteFailed(exception);
            throw new ServingException(
                ErrorCode.StorageUnavailable,
                $"{Explain(exception)} Nothing was changed.",
                exception
            );
        }

        // A folder that is being deleted may be gone meanwhile, and some of it created again.
        ThrowIfRefused();
        return result;
    }

    /// <summary>Replaces a file by another content, in one step. When this throws, the file is as it was.</summary>
    /// <param name="path">The path of the file, which need not exist yet.</param>
    /// <param name="content">The new content.</param>
    /// <param name="flush">Whether the new content is to outlast a loss of power from here on.</param>
    internal void Replace(string path, ReadOnlyMemory<byte> content, bool flush = false)
    {
        var (staged, before) = (NewStagingPath(), NewStagingPath());
        try
        {
            DurableFiles.Write(staged, [content]);
            if (flush && File.Exists(path))
                File.Copy(path, before);
            File.Move(staged, path, overwrite: true);
            if (flush)
                Flush(path, () => UndoReplace(path, before));
        }
        finally
        {
            DeleteStaged(staged);
            DeleteStaged(before);
        }
    }

    /// <summary>
    /// Moves a file or folder within the folder of models, or from there to a staging path or back. The move outlasts a
    /// loss of power. When this throws, nothing has moved.
    /// </summary>
    /// <param name="from">Its path.</param>
    /// <param name="to">Its new path, where nothing is yet.</param>
    /// <param name="flushed">The path of the two that is in the folder of models.</param>
    internal void Move(string from, string to, string flushed)
    {
        Directory.Move(from, to);
        Flush(flushed, () => Directory.Move(to, from));
    }

    /// <summary>
    /// Deletes a file or folder at a staging path. What can't be deleted, such as a file that another program has open
    /// on a network drive, is left for the next start.
    /// </summary>
    internal void DeleteStaged(string path)
    {
        try
        {
            if (Directory.Exists(path))
                DeleteFolder(path);
            else if (File.Exists(path))
                File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(exception, path);
        }
    }

    // Flushes the folder of a path, and undoes the change of the path if that fails.
    private void Flush(string path, Action undo)
    {
        try
        {
            FlushFolder(Path.GetDirectoryName(path)!);
        }
        catch
        {
            undo();
            throw;
        }
    }

    private static void UndoReplace(string path, string before)
    {
        if (File.Exists(before))
            File.Move(before, path, overwrite: true);
        else
            File.Delete(path);
    }
}
