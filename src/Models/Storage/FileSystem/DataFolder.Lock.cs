namespace ModelService.Models.Storage.FileSystem;

/// <content>Which server owns the folder.</content>
public sealed partial class DataFolder
{
    // Opens the lock file exclusively; the operating system closes it when the process ends, however it ends.
    private FileStream Lock()
    {
        const int LockedLinux = 11,
            LockedMac = 35,
            LockedWindows = unchecked((int)0x80070020);
        try
        {
            var file = new FileStream(
                Path.Combine(root, ".lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 0
            );
            File.WriteAllText(Owner, owner);
            return file;
        }
        catch (IOException exception) when (exception.HResult is LockedLinux or LockedMac or LockedWindows)
        {
            var process = File.Exists(Owner) ? File.ReadLines(Owner).FirstOrDefault() : "unknown";
            throw new StoreInUseException(
                $"The folder {root} is in use by the server with process id {process}. "
                    + "Stop that server, or give this one another ModelService:Storage:Path."
            );
        }
    }

    private bool IsStillOwned()
    {
        try
        {
            return File.ReadAllText(Owner) == owner;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
