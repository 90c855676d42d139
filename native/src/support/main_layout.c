// The *_layout.c files print before main.
int main(void) {
    return 0;
}
